import type { AnswerOf, BodyOf } from '@meridian/api';
import { declareProblems, formatInstant, type Instant, isProblem } from '@meridian/base';
import type { AuditLog, Principal, Resource } from '@meridian/security';
import { type Database, instantParameter } from '@meridian/store';
import type { KillAnswer, KillPreview, KillScope, KillState } from '@meridian/trading';
import type { OrderSource } from './board/order-source.ts';
import type { ProcessClient } from './link/rpc.ts';

const { problem } = declareProblems({
  KILL_UNCONFIRMED: {
    status: 422,
    title: { zh: '未确认停机范围', en: 'Not confirmed' },
    detail: { zh: '确认须逐字输入范围名称 {name}', en: 'The scope’s name, {name}, is to be typed to confirm' },
    remedy: { zh: '先预演，再输入名称', en: 'Preview it, then type the name' },
  },
  KILL_SCOPE_MALFORMED: {
    status: 422,
    title: { zh: '停机范围不完整', en: 'The scope is not whole' },
    detail: { zh: '范围 {scope} 需要 {needs}', en: 'Scope {scope} needs {needs}' },
    remedy: { zh: '补全范围', en: 'Complete it' },
  },
  KILL_INCOMPLETE: {
    status: 503,
    title: { zh: '停机未达所有市场', en: 'Not every market was reached' },
    detail: { zh: '{done} 已执行；{missing} 未应答', en: '{done} did it; {missing} did not answer' },
    remedy: {
      zh: '以同一键立即重试，或直接停止该节点',
      en: 'Try again at once with the same key, or stop those nodes themselves',
    },
  },
});

export type KillRequest = BodyOf<'POST /v1/kill'>;
type Preview = AnswerOf<'POST /v1/kill/preview'>;
type Engaged = AnswerOf<'GET /v1/kill'>[number];

/** What is stopped, and in which market; undefined: in all. */
interface KillTarget {
  readonly scope: KillScope;
  readonly market: string | undefined;
}

/**
 * The kill switch over all markets (一键停机). One person throws it; releasing it takes two. The audit chain has the request
 * (`kill.engage` on the scope) and, with the reason of each, one line for every market that it reached (`kill.engage` on scope
 * and market, with the number of the command in the market's log); of a release see {@link killRelease}. RC-j, RC-l, DS-10
 */
export interface KillSwitch {
  /** Whose it is; undefined where there is no such thing. @throws Problem KILL_SCOPE_MALFORMED */
  resource(request: KillRequest): Promise<Resource | undefined>;
  preview(request: KillRequest): Promise<Preview>;
  /** @throws Problem KILL_UNCONFIRMED | KILL_INCOMPLETE: what was reached is stopped */
  engage(request: KillRequest, by: Pick<Principal, 'user' | 'duties'>): Promise<Preview>;
  /** What is on. A switch that a dying server threw and could not note is noted now. */
  engaged(): Promise<Engaged[]>;
}

export interface KillSwitchOptions {
  readonly database: Database;
  readonly nodes: ReadonlyMap<string, ProcessClient>;
  readonly orders: Pick<OrderSource, 'resource'>;
  readonly audit: Pick<AuditLog, 'append' | 'checkpoint'>;
  now(): Instant;
}

interface Line {
  readonly market: string;
  /** Of the command in the market's log. */
  readonly seq: number;
  readonly outcome: string;
}

export function openKillSwitch({ database, nodes, orders, audit, now }: KillSwitchOptions): KillSwitch {
  /** Switches that are being thrown here: their lines are on their way. */
  let throwing = 0;

  /** Notes what stopped, market by market, once each: with the reason and in the audit chain. */
  async function note(name: string, reason: string, by: Pick<Principal, 'user' | 'duties'>, lines: readonly Line[]) {
    const at = instantParameter(now());
    await database.transaction(async (tx) => {
      for (const { market, seq, outcome } of lines) {
        const { rowCount } = await tx.query(
          'INSERT INTO server.kill_note (market, seq, reason, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
          [market, seq, reason, at],
        );
        if (rowCount === 0) continue;
        await audit.append(tx, {
          ...{
            actor: by.user,
            duty: by.duties[0] ?? 'system',
            action: 'kill.engage',
            target: name === market ? market : `${name} in ${market}`,
          },
          ...{ params: { market, seq }, outcome },
        });
      }
    });
    await audit.checkpoint();
  }

  /** Asks the markets that the target is about; those that do not know the account or client have nothing to say. */
  async function each<A>({ scope, market }: KillTarget, what: string, body: object): Promise<Asked<A>> {
    const asked = market === undefined ? [...nodes] : [...nodes].filter(([name]) => name === market);
    const answers = await Promise.allSettled(asked.map(([, node]) => node.ask(what, { scope, ...body })));
    const done: { market: string; answer: A }[] = [];
    const missing: string[] = [];
    for (const [i, answer] of answers.entries()) {
      const name = (asked[i] as [string, ProcessClient])[0];
      if (answer.status === 'fulfilled') done.push({ market: name, answer: answer.value as A });
      else if (!isProblem(answer.reason, 'KILL_SCOPE_UNKNOWN')) missing.push(name);
      else if (asked.length === 1) throw answer.reason;
    }
    return { done, missing };
  }

  async function noteOf(market: string, seq: number) {
    const { rows } = await database.query<{ reason: string; at: Instant }>(
      'SELECT reason, at FROM server.kill_note WHERE market = $1 AND seq = $2',
      [market, seq],
    );
    return rows[0];
  }

  async function nameOf({ scope, market, id }: KillRequest): Promise<string> {
    if (scope === 'firm') return 'firm';
    if (scope === 'market') return market as string;
    if (scope === 'order') return `${market}-${id}`;
    const sql =
      scope === 'client'
        ? 'SELECT token AS name FROM accounts.client WHERE client = $1'
        : 'SELECT code AS name FROM accounts.business_account WHERE account = $1';
    return (await database.query<{ name: string }>(sql, [id as string])).rows[0]?.name ?? String(id);
  }

  async function counted(request: KillRequest): Promise<Preview> {
    const { done: previews, missing } = await each<KillPreview>(targetFrom(request), 'kill-preview', { state: 'halted' });
    // A market that is away counts nothing and must not keep the others from being stopped: asOf says who counted.
    if (previews.length === 0 && missing.length > 0) throw incomplete([], missing);
    const sum = (of: (preview: KillPreview) => number) => previews.reduce((total, { answer }) => total + of(answer), 0);
    return {
      ...{ scope: request.scope, name: await nameOf(request), orders: sum((one) => one.orders) },
      ...{ children: sum((one) => one.children), quantity: String(sum((one) => one.leaves)) },
      asOf: previews.map(({ market, answer }) => ({ market, seq: answer.seq })),
      engaged: previews.length > 0 && previews.every(({ answer }) => answer.state !== 'active'),
    };
  }

  return {
    async resource(request) {
      const { scope, market, id } = request;
      targetFrom(request);
      if (market !== undefined && !nodes.has(market)) return undefined;
      if (scope === 'firm' || scope === 'market') return { kind: 'house', id: market ?? 'firm' };
      if (scope === 'order') return orders.resource(market as string, id as string);
      const column = scope === 'client' ? 'client' : 'account';
      const table = scope === 'client' ? 'accounts.client' : 'accounts.business_account';
      const { rows } = await database.query<{ client: bigint; entity: bigint }>(
        `SELECT client, entity FROM ${table} WHERE ${column} = $1`,
        [id as string],
      );
      return rows[0] && { kind: scope, id: id as string, client: rows[0].client, entity: rows[0].entity };
    },
    preview: counted,
    async engage(request, by) {
      const before = await counted(request);
      if (request.confirm !== before.name) throw problem('KILL_UNCONFIRMED', { name: before.name });
      throwing++;
      const { done, missing } = await each<KillAnswer>(targetFrom(request), 'kill', { state: 'halted', maker: by.user })
        .then(async (asked) => {
          const lines = asked.done.map(({ market, answer: { seq, state, orders: count } }) => ({
            ...{ market, seq, outcome: `${state}: ${count} orders` },
          }));
          await note(before.name, request.reason, by, lines);
          return asked;
        })
        .finally(() => throwing--);
      if (missing.length > 0)
        throw incomplete(
          done.map(({ market }) => market),
          missing,
        );
      return { ...before, engaged: true, asOf: done.map(({ market, answer }) => ({ market, seq: answer.seq })) };
    },
    async engaged() {
      const found = new Map<string, Engaged>();
      // A market that is away says nothing now; its own log keeps its switches.
      const states = await Promise.all(
        [...nodes].map(async ([market, node]) => {
          const killed = await node.ask('killed', {}).catch(() => []);
          return { market, killed: killed as KillState[] };
        }),
      );
      for (const { market, killed } of states)
        for (const { scope, id, maker, seq, state } of killed) {
          const key = scope === 'market' ? `market:${market}` : id === null ? scope : `${scope}:${id}`;
          const request = { scope, reason: '', market, ...(id === null ? {} : { id: String(id) }) } as KillRequest;
          const noted = await noteOf(market, seq);
          const name = found.get(key)?.name ?? (await nameOf(request));
          if (noted === undefined && throwing === 0)
            await note(name, '', { user: maker, duties: [] }, [{ market, seq, outcome: `${state}: found so` }]);
          if (found.has(key)) continue;
          found.set(key, {
            ...{ id: key, scope, name, since: formatInstant(noted?.at ?? 0) },
            ...{ by: maker, reason: noted?.reason ?? '' },
          });
        }
      return [...found.values()];
    },
  };
}

interface Asked<A> {
  readonly done: readonly { readonly market: string; readonly answer: A }[];
  /** Markets that did not answer. */
  readonly missing: readonly string[];
}

const incomplete = (done: readonly string[], missing: readonly string[]) =>
  problem('KILL_INCOMPLETE', { done: done.join(', ') || '–', missing: missing.join(', ') });

/** What the nodes are asked about. @throws Problem KILL_SCOPE_MALFORMED */
function targetFrom({ scope, market, id }: KillRequest): KillTarget {
  const needs = (what: string): never => {
    throw problem('KILL_SCOPE_MALFORMED', { scope, needs: what });
  };
  const number = () => (id === undefined || Number(id) > Number.MAX_SAFE_INTEGER ? needs('id') : Number(id));
  switch (scope) {
    case 'firm':
      return { scope: { scope }, market: undefined };
    case 'market':
      return market === undefined ? needs('market') : { scope: { scope }, market };
    case 'order':
      return market === undefined ? needs('market') : { scope: { scope, id: number() }, market };
    default:
      return { scope: { scope, id: number() }, market };
  }
}
