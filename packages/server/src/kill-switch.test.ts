import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { isProblem, Problem } from '@meridian/base';
import { type AuditLog, openAuditLog } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import type { KillScope, KillState } from '@meridian/trading';
import { type KillSwitch, openKillSwitch } from './kill-switch.ts';
import type { ProcessClient } from './link/rpc.ts';
import { MIGRATIONS } from './migrations.ts';

/** Two nodes as the switch sees them: what they count, what is on, and whether they answer. */
class Node {
  readonly #market: string;
  away = false;
  /** False: it does not know the account or client that is asked about. */
  knows = true;
  seq = 10;
  on: KillState[] = [];

  constructor(market: string) {
    this.#market = market;
  }

  async ask(what: string, body: unknown): Promise<unknown> {
    if (this.away) throw new Problem('NODE_WITHOUT_DOOR', { market: this.#market });
    if (what === 'killed') return this.on;
    const { scope, maker } = body as { scope: KillScope; maker: string };
    const id = 'id' in scope ? scope.id : null;
    if (!this.knows && id !== null) throw new Problem('KILL_SCOPE_UNKNOWN', { scope: scope.scope, id });
    if (what === 'kill-preview')
      return { seq: this.seq, orders: 3, leaves: 500, children: 2, state: this.on.length > 0 ? 'halted' : 'active' };
    this.seq++;
    if (scope.scope !== 'order') this.on.push({ scope: scope.scope, id, state: 'halted', maker, seq: this.seq });
    return { seq: this.seq, state: 'halted', orders: 3, leaves: 500 };
  }
}

let scratch: ScratchDatabase;
let nodes: Record<'ARCX' | 'XNYS', Node>;
let kill: KillSwitch;
let audit: AuditLog;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  audit = openAuditLog(scratch.database, fs.mkdtempSync(path.join(scratch.dataDir, 'keys-')));
});
after(async () => {
  assert.equal((await audit.verify()).fault, undefined);
  await scratch?.remove();
});
/** Lines of the chain since it was last asked. */
let seen = 0n;
async function newLines(): Promise<string[]> {
  const { rows } = await scratch.database.query<{ no: bigint; line: string }>(
    `SELECT no, actor || ' · ' || action || ' · ' || target || ' · ' || (params ->> 'seq') || ' · ' || outcome AS line
       FROM security.audit_entry WHERE no > $1 ORDER BY no`,
    [seen],
  );
  seen = rows.at(-1)?.no ?? seen;
  return rows.map(({ line }) => line);
}
let at = 1_000_000;
beforeEach(async () => {
  nodes = { ARCX: new Node('ARCX'), XNYS: new Node('XNYS') };
  await scratch.database.query('DELETE FROM server.kill_note');
  kill = openKillSwitch({
    database: scratch.database,
    nodes: new Map(Object.entries(nodes)) as unknown as ReadonlyMap<string, ProcessClient>,
    orders: { resource: () => undefined },
    audit,
    now: () => at++,
  });
});
const RISK = { user: 'risk', duties: ['risk'] } as const;
const FIRM = { scope: 'firm', reason: 'drill' } as const;
const refused = (code: string) => (error: unknown) => isProblem(error, code);

test('[RC-l] a preview counts over every market and stops nothing', async () => {
  assert.deepEqual(await kill.preview(FIRM), {
    ...{ scope: 'firm', name: 'firm', orders: 6, children: 4, quantity: '1000', engaged: false },
    asOf: [
      { market: 'ARCX', seq: 10 },
      { market: 'XNYS', seq: 10 },
    ],
  });
  assert.deepEqual(await kill.engaged(), []);
});

test('[RC-l] nothing is stopped before its name is typed; then it stops, with who and why', async () => {
  await assert.rejects(kill.engage(FIRM, RISK), refused('KILL_UNCONFIRMED'));
  assert.deepEqual(await kill.engaged(), []);
  assert.equal((await kill.engage({ ...FIRM, confirm: 'firm' }, RISK)).engaged, true);
  const [engaged, ...more] = await kill.engaged();
  assert.deepEqual([engaged?.id, engaged?.by, engaged?.reason, more.length], ['firm', 'risk', 'drill', 0]);
});

test('[RC-l] a market that does not answer is told of, and what was reached is stopped', async () => {
  nodes.XNYS.away = true;
  assert.deepEqual((await kill.preview(FIRM)).asOf, [{ market: 'ARCX', seq: 10 }], 'it says who counted');
  await assert.rejects(
    kill.engage({ ...FIRM, confirm: 'firm' }, RISK),
    (error) => isProblem(error, 'KILL_INCOMPLETE') && error.params['missing'] === 'XNYS' && error.params['done'] === 'ARCX',
  );
  assert.equal(nodes.ARCX.on.length, 1);
  nodes.XNYS.away = false;
  assert.equal((await kill.engaged())[0]?.reason, 'drill');
  await kill.engage({ ...FIRM, confirm: 'firm' }, RISK);
  assert.equal(nodes.XNYS.on.length, 1, 'thrown again it reaches the rest');
});

test('a market that never met the account has nothing to stop; one that nobody knows is refused', async () => {
  nodes.XNYS.knows = false;
  const preview = await kill.preview({ scope: 'account', id: '7', reason: 'drill' });
  assert.deepEqual([preview.orders, preview.asOf.map(({ market }) => market)], [3, ['ARCX']]);
  await assert.rejects(
    kill.preview({ scope: 'account', id: '7', market: 'XNYS', reason: 'drill' }),
    refused('KILL_SCOPE_UNKNOWN'),
  );
  assert.equal(await kill.resource({ scope: 'account', id: '7', reason: 'drill' }), undefined);
  assert.equal(await kill.resource({ scope: 'market', market: 'XHKG', reason: 'drill' }), undefined);
});

test('bad input: a scope that is not whole is refused by what it needs', async () => {
  for (const request of [
    { scope: 'market', reason: 'x' },
    { scope: 'order', id: '7', reason: 'x' },
    { scope: 'order', market: 'XNYS', reason: 'x' },
    { scope: 'client', reason: 'x' },
    { scope: 'account', id: '999999999999999999', reason: 'x' },
  ] as const)
    await assert.rejects(kill.resource(request), refused('KILL_SCOPE_MALFORMED'), JSON.stringify(request));
});

test('[DS-10] every market that the switch reached is a line of the audit chain, also when the server dies over it', async () => {
  await newLines();
  await kill.engage({ ...FIRM, confirm: 'firm' }, RISK);
  assert.deepEqual(await newLines(), [
    'risk · kill.engage · firm in ARCX · 11 · halted: 3 orders',
    'risk · kill.engage · firm in XNYS · 11 · halted: 3 orders',
  ]);
  // A server that died when the market had stopped: the market's own log is all that knows.
  nodes.XNYS.on.push({ scope: 'market', id: null, state: 'halted', maker: 'trader', seq: 12 });
  await kill.engaged();
  await kill.engaged();
  assert.deepEqual(await newLines(), ['trader · kill.engage · XNYS · 12 · halted: found so']);
});
