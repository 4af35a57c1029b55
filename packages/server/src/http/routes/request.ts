import type { AnswerOf } from '@meridian/api';
import { formatInstant, Problem } from '@meridian/base';
import type { Approval, Approvals } from '@meridian/security';
import type { Database } from '@meridian/store';
import { ownerOf, type ReleaseTarget, releaseText } from '../../approval/kill-release.ts';
import { problem as refusal } from '../../approval/problems.ts';
import { journalOwner, journalRow } from '../../reading/journal.ts';
import { limitRow } from '../../reading/limit.ts';
import { owned } from '../../reading/sight.ts';
import type { Asking, Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';
import { requireVersion } from '../version.ts';

type RequestRoutes =
  | 'PUT /v1/limits/{cell}'
  | 'POST /v1/ledger/journals/{journal}/reverse'
  | 'POST /v1/kill/release'
  | 'POST /v1/users';
type Waits = AnswerOf<'PUT /v1/limits/{cell}'>;

export interface RequestEndpointsOptions {
  readonly database: Database;
  readonly approvals: Pick<Approvals, 'request'>;
  /** The firm's identity provider, whose subjects users may be linked to; absent where none is configured. */
  readonly issuer?: string | undefined;
}

/** Changes that are asked for here and made when a second person has approved them. DS-10 */
export function requestEndpoints({ database, approvals, issuer }: RequestEndpointsOptions): Pick<Endpoints, RequestRoutes> {
  const waits = async (
    { principal, key }: Pick<Asking<RequestRoutes>, 'principal' | 'key'>,
    draft: { kind: string; target: string; payload: object; reason: string },
  ) => ({ body: waitsOf(await approvals.request(principal, { ...draft, idempotencyKey: key })) });

  return {
    'PUT /v1/limits/{cell}': {
      resource: async ({ params }) => {
        const row = await limitRow(database, params.cell);
        return row && owned('limit', params.cell, row);
      },
      async handle(asking) {
        const { cell } = asking.params;
        const row = await limitRow(database, cell);
        if (row === undefined) throw problem('NO_SUCH_RESOURCE');
        requireVersion(asking, row.version);
        const { limit, reason } = asking.body;
        return waits(asking, { kind: 'limit.change', target: cell, payload: { limit, version: String(row.version) }, reason });
      },
    },
    'POST /v1/ledger/journals/{journal}/reverse': {
      resource: async ({ params }) => {
        const owner = await journalOwner(database, params.journal);
        return owner && owned('journal', params.journal, owner);
      },
      async handle(asking) {
        const { journal } = asking.params;
        const { reason } = asking.body;
        requireReversible(await journalRow(database, journal), journal);
        // The books keep 200 characters of it; the request keeps all.
        const payload = { reason: reason.slice(0, 200).toWellFormed() };
        return waits(asking, { kind: 'journal.reverse', target: journal, payload, reason });
      },
    },
    'POST /v1/kill/release': {
      resource: async ({ body }) => {
        const { client, entity } = await ownerOf(database, releaseOf(body));
        const owner = { client: client === null ? null : BigInt(client), entity: entity === null ? null : BigInt(entity) };
        return owned('house', body.id ?? body.market ?? body.scope, owner);
      },
      handle: (asking) => {
        const wanted = releaseOf(asking.body);
        const { reason } = asking.body;
        return waits(asking, { kind: 'kill.release', target: releaseText(wanted), payload: { market: wanted.market }, reason });
      },
    },
    'POST /v1/users': {
      resource: async ({ body, principal }) => ({ kind: 'user', id: body.user, user: body.user, maker: principal.user }),
      handle: (asking) => {
        const { user, reason, ...change } = asking.body;
        const isOfSubject = change.change === 'link' || change.change === 'unlink';
        if (isOfSubject && issuer === undefined) throw new Problem('OIDC_OFF');
        const payload = isOfSubject ? { ...change, issuer } : change;
        return waits(asking, { kind: 'user.manage', target: user, payload, reason });
      },
    },
  };
}

const waitsOf = ({ id, state, expiresAt }: Approval): Waits => ({ approval: id, state, expires: formatInstant(expiresAt) });

/** @throws Problem BODY_REFUSED: an order's kill stops nothing that could be released */
function releaseOf({ scope, market, id }: Asking<'POST /v1/kill/release'>['body']): ReleaseTarget {
  const refuse = (field: string, reason: string) => problem('BODY_REFUSED', { field, reason });
  if (scope === 'order') throw refuse('/scope', 'an order was taken back and stays so');
  if (scope === 'account' || scope === 'client') {
    if (id === undefined) throw refuse('/id', `the ${scope} is missing`);
    return { scope, id: Number(id), market: market ?? null };
  }
  if (id !== undefined) throw refuse('/id', `a ${scope} has none`);
  if (scope === 'market' && market === undefined) throw refuse('/market', 'the market is missing');
  if (scope === 'firm' && market !== undefined) throw refuse('/market', 'the firm is released in every market');
  return { scope, id: null, market: market ?? null };
}

/** What the books would refuse is refused before anybody has to check it. @throws Problem REVERSAL_REFUSED */
function requireReversible(row: Awaited<ReturnType<typeof journalRow>>, journal: string): void {
  if (row === undefined) throw problem('NO_SUCH_RESOURCE');
  if (row.reversed_by !== null)
    throw refusal('REVERSAL_REFUSED', { journal, reason: `it has been reversed by ${row.reversed_by}` });
  if (row.reverses !== null) throw refusal('REVERSAL_REFUSED', { journal, reason: 'it is a reversal itself' });
}
