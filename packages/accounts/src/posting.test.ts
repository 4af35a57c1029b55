import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { currency as currencyOf, minorDigits, parseDecimal } from '@meridian/base';
import type { AccountKey } from './command.ts';
import { CHART, POSTING_RULES, type PostingRuleName, postingRule } from './index.ts';
import { entry, type JournalDraft, type JournalLine, openBooks, post } from './ledger.ts';
import { openHouse, type ScratchBooks, scratchBooks } from './scratch-books.ts';

const PAGE = readFileSync(new URL('../../../docs/posting.md', import.meta.url), 'utf8');
const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const rows = PAGE.split('\n')
  .filter((line) => line.startsWith('|'))
  .map(cellsOf);

test('docs/posting.md lists every rule with its pair, and no other', () => {
  const listed = rows.filter(([rule]) => rule?.startsWith('`') && rule !== '`reversal`');
  assert.equal(listed.length, Object.keys(POSTING_RULES).length);
  for (const [quoted = '', debit, credit, sign, zh, en] of listed) {
    const rule = postingRule(quoted.slice(1, -1));
    assert.deepEqual(
      [debit, credit, sign === '±', zh, en],
      [rule?.debit, rule?.credit, rule?.bothWays, rule?.zh, rule?.en],
      quoted,
    );
  }
});

test('every rule posts to codes of the chart; client money has a floor of nothing', () => {
  const codes = new Set(CHART.map(({ code }) => code));
  for (const [name, { debit, credit }] of Object.entries(POSTING_RULES)) assert.ok(codes.has(debit) && codes.has(credit), name);
  for (const code of ['2010', '2011', '2012', '2013', '2014']) assert.equal(CHART.find((row) => row.code === code)?.floor, 0n);
});

/** "2:1110:K1:E2" → entity 2, code 1110, contract 1, counterparty 2. S1 and S2 stand for sub accounts 11 and 12. */
function accountOf(cell: string): AccountKey {
  const parts = cell.split(':');
  const entity = /^\d$/.test(parts[0] as string) ? Number(parts.shift()) : 1;
  const key: AccountKey = { entity, code: parts.shift() as string };
  for (const part of parts) {
    const id = Number(part.slice(1));
    if (/^S\d$/.test(part)) key.sub = 10 + id;
    else if (/^K\d$/.test(part)) key.contract = id;
    else if (/^[RE]\d$/.test(part)) key.counterparty = id;
    else if (/^L\d+$/.test(part)) key.listing = id;
    else key.pool = part;
  }
  return key;
}

interface Example {
  readonly no: number;
  readonly rule: PostingRuleName;
  readonly lines: readonly [JournalLine, JournalLine];
}

const example: Example[] = rows
  .filter(([no]) => /^\d+$/.test(no ?? ''))
  .map(([no, rule, debit, credit, amount]) => {
    const [figure = '', code = 'HKD'] = (amount as string).split(' ');
    const minor = parseDecimal(figure.replaceAll(',', ''), minorDigits(currencyOf(code)));
    const name = rule as PostingRuleName;
    return {
      no: Number(no),
      rule: name,
      lines: entry(name, accountOf(debit as string), accountOf(credit as string), code, minor),
    };
  });

let books: ScratchBooks;
before(async () => {
  books = await scratchBooks();
  await openHouse(books);
});
after(() => books?.remove());

test('the worked example posts without one unbalanced journal and everything that should returns to nothing', async () => {
  const byNo = Map.groupBy(example, ({ no }) => no);
  assert.ok(byNo.size >= 35, `${byNo.size} journals`);
  await books.database.transaction(async (tx) => {
    const { books: open } = await openBooks(tx, new Map());
    const drafts: JournalDraft[] = [...byNo.values()].map((pairs) => ({
      rule: (pairs[0] as Example).rule,
      businessDate: '2013-10-08',
      lines: pairs.flatMap(({ lines }) => lines),
    }));
    await post(open, { no: 1n, kind: 'example', at: 1, bodyHash: '' }, drafts);
  });
  const { rows: left } = await books.database.query<{ code: string; entity: bigint; currency: string; total: bigint }>(
    `SELECT code, entity, currency, sum(posted)::bigint AS total FROM accounts.ledger_account
      GROUP BY 1, 2, 3 HAVING sum(posted) <> 0 ORDER BY 1, 2, 3`,
  );
  const open = (code: string) => left.filter((row) => row.code === code);
  for (const code of PAGE.match(/Afterwards ([^;]*) are nothing/s)?.[1]?.match(/\d{4}/g) ?? [])
    assert.deepEqual(open(code), [], code);
  for (const code of ['1110', '1120', '1210', '2120', '2210', '4111']) assert.deepEqual(open(code), [], code);
  assert.equal(open('4030')[0]?.total, -43_000_000n);
  assert.equal(open('4040')[0]?.total, 43_000_000n);
  for (const pair of [['4110'], ['4120', '5120'], ['4130', '5130']])
    assert.equal(
      pair.flatMap(open).reduce((sum, row) => sum + row.total, 0n),
      0n,
      pair.join(' and '),
    );
});

test('the client money of the example is what its statement would add up to', async () => {
  const { rows: money } = await books.database.query<{ sub: bigint; currency: string; total: bigint }>(
    `SELECT sub, currency, -sum(posted)::bigint AS total FROM accounts.ledger_account
      WHERE code IN ('2010', '2011', '2012', '2013', '2014') GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  // S1: 10,000,000 − 2,000,000 − 8,240 − 18,572.96 + 400,000 − 2,483.29 + 162,000 + 120,000 − 550,000 − 1,000,000 + 50,000
  assert.deepEqual(money, [
    { sub: 11n, currency: 'HKD', total: 715_270_375n },
    { sub: 12n, currency: 'HKD', total: 122_000_000n },
    { sub: 12n, currency: 'USD', total: 10_000_000n },
  ]);
});
