import type { SchemaJson } from '@cedar-policy/cedar-wasm/nodejs';
import { ACTIONS, type Action } from '../action.ts';
import { DUTIES } from '../duty.ts';

/**
 * Groups of actions that policies name besides single ones. `reading` changes nothing; `changing` and `sensitive` are
 * as {@link ACTIONS} says.
 */
export const GROUPS = ['reading', 'changing', 'sensitive'] as const;
export type Group = (typeof GROUPS)[number];

export function groupsOf(action: Action): readonly Group[] {
  const { changes, sensitive } = ACTIONS[action] as { readonly changes?: true; readonly sensitive?: true };
  return [changes ? ('changing' as const) : ('reading' as const), ...(sensitive ? (['sensitive'] as const) : [])];
}

const text = { type: 'String' } as const;
const texts = { type: 'Set', element: text } as const;

/**
 * What policies may speak of, generated from the house's actions and duties: a policy that misspells one of them, or
 * reads an attribute that may be absent without asking, does not validate. Ids are texts: Cedar knows no 64-bit ids.
 */
export function policySchema(): SchemaJson<string> {
  const appliesTo = {
    principalTypes: ['User'],
    resourceTypes: ['Thing'],
    context: { type: 'Record' as const, attributes: { secondFactor: text } },
  };
  const actions = Object.fromEntries([
    ...GROUPS.map((group) => [group, {}] as const),
    ...(Object.keys(ACTIONS) as Action[]).map(
      (action) => [action, { memberOf: groupsOf(action).map((id) => ({ id })), appliesTo }] as const,
    ),
  ]);
  return {
    '': {
      entityTypes: {
        Duty: { enum: [...DUTIES] },
        User: {
          memberOfTypes: ['Duty'],
          shape: {
            type: 'Record',
            attributes: {
              name: text,
              jurisdiction: text,
              clients: texts,
              entities: texts,
              strong: { type: 'Boolean' },
            },
          },
        },
        Thing: {
          shape: {
            type: 'Record',
            attributes: {
              kind: text,
              client: { ...text, required: false },
              entity: { ...text, required: false },
              maker: { ...text, required: false },
              user: { ...text, required: false },
              duty: { type: 'Entity', name: 'Duty', required: false },
            },
          },
        },
      },
      actions,
    },
  };
}
