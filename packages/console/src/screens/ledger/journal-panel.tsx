import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call, reading } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { NONE } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { Moment } from '../moment.tsx';
import { ReasonForm } from '../reason-form.tsx';
import { useChange } from '../use-change.ts';
import { text } from './text.ts';

/** A journal with its postings, where it came from and where it leads. */
export function JournalPanel({ journal }: { readonly journal: string }) {
  const words = useText(text);
  const language = useLanguage();
  const codeName = useCodeName();
  const mayReverse = useMay('journal.reverse');
  const mayTrace = useMay('trace.read');
  const answer = useQuery({
    ...reading('GET /v1/ledger/journals/{journal}', { params: { journal } }),
    refetchInterval: 30_000,
  });
  return (
    <AnswerPanel query={answer} everyMs={30_000} title={`${words.journal} ${journal}`}>
      {(entry) => (
        <>
          <Facts
            facts={[
              [words.kind, `${codeName('command', entry.kind)} · ${codeName('rule', entry.rule)}`],
              [words.at, <Moment key="at" at={entry.at} />],
              [words.date, entry.businessDate],
              [words.batch, entry.batch ?? NONE],
              [words.command, entry.command],
              [words.source, <Source key="source" entry={entry} linked={mayTrace} />],
              [words.reverses, entry.reverses ?? NONE],
              [words.reversedBy, entry.reversedBy ?? NONE],
            ]}
          />
          <Table
            label={`${words.journal} ${journal}`}
            rows={entry.lines}
            keyOf={({ line }) => String(line)}
            columns={[
              { key: 'account', title: words.account, cell: (line) => `${line.code} ${line.title[language]}` },
              {
                key: 'amount',
                title: words.amount,
                numeric: true,
                width: 150,
                cell: (line) => <Amount value={line.amount} currency={line.currency} />,
              },
              {
                key: 'balance',
                title: words.balance,
                numeric: true,
                width: 120,
                cell: (line) => <Amount value={line.balanceAfter} />,
              },
            ]}
          />
          {mayTrace && (
            <p className="prose">
              <Link to="/trace/$level/$id" params={{ level: 'journal', id: journal }} search={{ measure: 'notional' }}>
                {words.toTrace}
              </Link>
            </p>
          )}
          <Facts
            facts={[
              [
                words.hash,
                <code key="h" className="hash">
                  {entry.hash}
                </code>,
              ],
              [
                words.previous,
                <code key="p" className="hash">
                  {entry.prevHash}
                </code>,
              ],
            ]}
          />
          {mayReverse && entry.reversedBy === null && entry.reverses === null && <Reversal journal={journal} />}
        </>
      )}
    </AnswerPanel>
  );
}

interface Sourced {
  readonly sourceMarket: string | null;
  readonly sourceSeq: number | null;
  readonly sourceK: number | null;
}

function Source({ entry, linked }: { readonly entry: Sourced; readonly linked: boolean }) {
  const { sourceMarket, sourceSeq, sourceK } = entry;
  if (sourceMarket === null || sourceSeq === null) return NONE;
  const name = `${sourceMarket} ${sourceSeq}.${sourceK}`;
  if (!linked) return name;
  return (
    <Link to="/log/$market/$seq" params={{ market: sourceMarket, seq: String(sourceSeq) }}>
      {name}
    </Link>
  );
}

/** Nothing in the books is changed: a second person agrees to a journal that takes this one back. */
function Reversal({ journal }: { readonly journal: string }) {
  const words = useText(text);
  const change = useChange(
    (why: string, idempotencyKey) =>
      call('POST /v1/ledger/journals/{journal}/reverse', { params: { journal }, body: { reason: why }, idempotencyKey }),
    ['GET /v1/ledger/journals/{journal}', 'GET /v1/approvals'],
    ({ body }) => words.waits(body.approval),
  );
  return (
    <ReasonForm
      label={words.reason}
      note={words.reasonNeeded}
      running={change.running}
      error={change.error}
      onChoice={(_, reason) => change.run(reason)}
      choices={[{ value: 'reverse', label: words.reverse }]}
    />
  );
}
