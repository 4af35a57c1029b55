import { closed, isProblem, type Static, Type } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import type { KillScope, KillState } from '@meridian/trading';
import { type ApprovalDesk, type HouseExecutor, payloadOf, REQUEST_TTL } from './approval-desk.ts';
import { problem } from './problems.ts';

const KIND = 'kill.release';

/** What is to trade again; null: every market. What it is about stands in the target. */
const ReleasePayload = closed({ market: Type.Union([Type.String({ pattern: '^[A-Z0-9]{4}$' }), Type.Null()]) });
type ReleasePayload = Static<typeof ReleasePayload>;

/** A scope whose switch can be released, and in which market: "firm", "market ARCX", "client 3", "account 7 XNYS". */
export interface ReleaseTarget {
  readonly scope: 'account' | 'client' | 'market' | 'firm';
  readonly id: number | null;
  readonly market: string | null;
}

export const releaseText = ({ scope, id, market }: ReleaseTarget): string =>
  [scope, ...(id === null ? [] : [id]), ...(market === null ? [] : [market])].join(' ');

/** @throws Problem REQUEST_TARGET_UNKNOWN */
export function releaseTarget(text: string): ReleaseTarget {
  const match = /^(?:(firm)|(market) ([A-Z0-9]{4})|(account|client) ([1-9]\d{0,9})(?: ([A-Z0-9]{4}))?)$/.exec(text);
  if (match === null) throw problem('REQUEST_TARGET_UNKNOWN', { kind: KIND, target: text.slice(0, 32) });
  const [, firm, market, mic, party, id, only] = match;
  if (firm !== undefined) return { scope: 'firm', id: null, market: null };
  if (market !== undefined) return { scope: 'market', id: null, market: mic as string };
  return { scope: party as 'account' | 'client', id: Number(id), market: only ?? null };
}

interface Engaged {
  readonly market: string;
  readonly state: string;
  readonly maker: string;
  readonly seq: number;
}
interface SwitchState {
  readonly engaged: readonly Engaged[];
  readonly client: string | null;
  readonly entity: string | null;
}

/**
 * Trading again after a stop (恢复交易): asked for by risk, checked by another of risk. Released are the switches that the maker
 * saw; one thrown since then makes the request stale. A market that does not answer keeps the request waiting to be tried
 * again; where only part of the markets had been released before a crash, it goes back to its maker. RC-l, DS-10
 */
export function killRelease(desk: ApprovalDesk): HouseExecutor<ReleasePayload, SwitchState> {
  return {
    ...{ kind: KIND, title: { zh: '恢复交易', en: 'Release of a kill switch' } },
    ...{ duty: 'risk', needs: 1, ttl: REQUEST_TTL },
    async read(target, over) {
      const wanted = releaseTarget(target);
      const engaged = await engagedIn(desk, wanted);
      if (engaged.length === 0) throw problem('KILL_NOT_ENGAGED', { target });
      return { state: { engaged, ...(await ownerOf(over, wanted)) }, version: versionOf(engaged) };
    },
    validate: (payload, target) => payloadOf(KIND, target, ReleasePayload, payload),
    diff: ({ engaged }) => engaged.map(({ market, state }) => ({ field: market, before: state, after: 'active' })),
    concerns: (_target, _payload, { client, entity }) => ({
      ...(client === null ? {} : { client: BigInt(client) }),
      ...(entity === null ? {} : { entity: BigInt(entity) }),
    }),
    async execute(tx, _payload, { id, target, maker, checkers }) {
      const wanted = releaseTarget(target);
      for (const { market } of await engagedIn(desk, wanted))
        await desk.nodes.get(market)?.ask('release', { scope: nodeScope(wanted), maker });
      await desk.audit.append(tx, {
        ...{ actor: 'system', duty: 'system', action: KIND, target: `${KIND} ${target}`, outcome: 'done' },
        params: { approval: id, kind: KIND, checker: checkers.join(' ') },
      });
    },
    /** The nodes have their own logs: done is when none of the switches that were asked about is on any more. */
    async isDone(id, tx) {
      const { rows } = await tx.query<{ target: string; version: string }>(
        'SELECT target, version FROM security.approval WHERE id = $1',
        [id],
      );
      const [request] = rows;
      if (request === undefined) return false;
      const now = new Set((await engagedIn(desk, releaseTarget(request.target))).map(switchOf));
      return request.version.split(' ').every((each) => !now.has(each));
    },
  };
}

const switchOf = ({ market, seq }: Engaged): string => `${market}:${seq}`;
const versionOf = (engaged: readonly Engaged[]): string => engaged.map(switchOf).join(' ');

const nodeScope = ({ scope, id }: ReleaseTarget): KillScope =>
  scope === 'account' || scope === 'client' ? { scope, id: id as number } : { scope };

/** Switches of exactly this scope that are on now, by market. @throws Problem KILL_UNSEEN, or what a market refuses */
async function engagedIn({ nodes }: ApprovalDesk, { scope, id, market }: ReleaseTarget): Promise<Engaged[]> {
  const markets = [...nodes.keys()].filter((each) => market === null || each === market).sort();
  const answers = await Promise.all(
    markets.map(async (each) => {
      try {
        return (await nodes.get(each)?.ask('killed')) as readonly KillState[];
      } catch (error) {
        throw isProblem(error) ? error : problem('KILL_UNSEEN', { market: each }, error);
      }
    }),
  );
  return answers.flatMap((switches, i) =>
    switches
      .filter((each) => each.scope === scope && each.id === id)
      .map(({ state, maker, seq }) => ({ market: markets[i] as string, state, maker, seq })),
  );
}

/** Whose business a client's or an account's switch is; the house's where it is a market's or the firm's. */
export async function ownerOf(
  over: Queryable,
  { scope, id }: ReleaseTarget,
): Promise<{ readonly client: string | null; readonly entity: string | null }> {
  if (scope !== 'account' && scope !== 'client') return { client: null, entity: null };
  const table = scope === 'account' ? 'business_account' : 'client';
  const { rows } = await over.query<{ client: string; entity: string }>(
    `SELECT client::text, entity::text FROM accounts.${table} WHERE ${scope} = $1`,
    [id],
  );
  return rows[0] ?? { client: null, entity: null };
}
