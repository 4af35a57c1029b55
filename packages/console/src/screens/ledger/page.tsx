import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { reading } from '../../data/call.ts';
import { NONE } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { ListPanel } from '../list-panel.tsx';
import { type ItemOf, usePages } from '../pages.ts';
import { When } from '../when.tsx';
import { JournalPanel } from './journal-panel.tsx';
import { text } from './text.ts';
import '../split.css';

type Journal = ItemOf<'GET /v1/ledger/journals'>;

export default function LedgerPage() {
  const words = useText(text);
  const codeName = useCodeName();
  const navigate = useNavigate();
  const { journal: chosen, lang: _, ...filter } = useSearch({ from: '/ledger' });
  const journals = usePages('GET /v1/ledger/journals', filter, 5_000);
  const columns: readonly TableColumn<Journal>[] = [
    { key: 'journal', title: words.journal, numeric: true, width: 80, cell: ({ journal }) => journal },
    { key: 'at', title: words.at, width: 118, cell: ({ at }) => <When at={at} /> },
    { key: 'date', title: words.date, width: 100, cell: ({ businessDate }) => businessDate },
    { key: 'kind', title: words.kind, width: 120, cell: ({ kind }) => <span title={kind}>{codeName('command', kind)}</span> },
    { key: 'rule', title: words.rule, cell: ({ rule }) => <span title={rule}>{codeName('rule', rule)}</span> },
    { key: 'batch', title: words.batch, width: 180, cell: (row) => row.batch ?? NONE },
    { key: 'source', title: words.source, width: 130, cell: sourceOf },
    { key: 'lines', title: words.lines, numeric: true, width: 60, cell: ({ lineCount }) => lineCount },
  ];
  const choose = (journal: string) => navigate({ to: '/ledger', search: { ...filter, journal } });
  const isFiltered = Object.keys(filter).length > 0;

  return (
    <div className="split">
      <div>
        <TrialBalances />
        <ListPanel
          pages={journals}
          everyMs={5_000}
          title={words.journals}
          label={words.journals}
          about={[words.journalsAbout, ...Object.values(filter)].join(' · ')}
          actions={isFiltered && <Button onClick={() => navigate({ to: '/ledger', search: {} })}>{words.all}</Button>}
          none={words.empty}
          noneNext={words.widen}
          columns={columns}
          keyOf={({ journal }) => journal}
          selected={chosen}
          onSelect={({ journal }) => choose(journal)}
          rowClass={({ reversedBy }) => (reversedBy === null ? '' : 'dim')}
        />
      </div>
      <aside>{chosen === undefined ? <Empty why={words.choose} /> : <JournalPanel key={chosen} journal={chosen} />}</aside>
    </div>
  );
}

const sourceOf = ({ sourceMarket, sourceSeq, sourceK }: Journal) =>
  sourceMarket === null ? NONE : `${sourceMarket} ${sourceSeq}.${sourceK}`;

/** One trial balance for each ledger: entity and currency. A code leads to its journals. */
function TrialBalances() {
  const words = useText(text);
  const language = useLanguage();
  const navigate = useNavigate();
  const balances = useQuery({ ...reading('GET /v1/ledger/trial-balance'), refetchInterval: 5_000 });
  return (
    <AnswerPanel query={balances} everyMs={5_000} title={words.trial}>
      {(ledgers) =>
        ledgers.length === 0 ? (
          <Empty why={words.emptyBooks} />
        ) : (
          ledgers.map(({ entity, currency, balanced, rows, debit, credit }) => (
            <section key={`${entity} ${currency}`}>
              <h3 className="panel-title prose">
                {words.entity(entity, currency)}{' '}
                <span className={balanced ? 'good' : 'bad'}>{balanced ? words.balanced : words.unbalanced}</span>
              </h3>
              <Table
                label={words.entity(entity, currency)}
                rows={rows}
                keyOf={(row) => row.code}
                onSelect={(row) => navigate({ to: '/ledger', search: { code: row.code } })}
                total={['', words.total, '', <Amount key="d" value={debit} />, <Amount key="c" value={credit} />]}
                columns={[
                  { key: 'code', title: words.code, width: 80, cell: (row) => row.code },
                  { key: 'title', title: words.title, cell: (row) => row.title[language] },
                  { key: 'accounts', title: words.accounts, numeric: true, width: 80, cell: (row) => row.accounts },
                  {
                    key: 'debit',
                    title: words.debit,
                    unit: currency,
                    numeric: true,
                    width: 170,
                    cell: (row) => <Amount value={row.debit} />,
                  },
                  {
                    key: 'credit',
                    title: words.credit,
                    unit: currency,
                    numeric: true,
                    width: 170,
                    cell: (row) => <Amount value={row.credit} />,
                  },
                ]}
              />
            </section>
          ))
        )
      }
    </AnswerPanel>
  );
}
