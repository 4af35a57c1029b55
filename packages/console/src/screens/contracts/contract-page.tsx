import { type Currency, currency, minorDigits } from '@meridian/base';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { reading } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Amount, Signed } from '../../parts/amount.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { FactsOf, shown } from '../facts-of.tsx';
import { nameOf } from '../names.ts';
import { exact } from '../orders/figure.ts';
import { When } from '../when.tsx';
import type { ContractLine } from './page.tsx';
import './contracts.css';
import { text } from './text.ts';

const EVERY_MS = 10_000;
/** Terms that are fractions, as integers of ten decimal places. */
const RATES = new Set(['margin.initial', 'margin.closeOut', 'margin.maintenance', 'financing.spread', 'dividendPassthrough']);
const percent = (fraction: string) => `${formatNumber(`${fraction}e-8`, 2)}%`;
/** Places of a scaled integer: prices eight, rates ten. */
const PLACES: Readonly<Record<string, number>> = { mark: 8, fxRate: 10 };
/** A count, a rate set's number, or money of the contract's currency in minor units. */
function economicShown(name: string, value: unknown, money: Currency): string {
  if (typeof value !== 'string' || !/^-?\d+$/.test(value)) return shown(value);
  const places = PLACES[name];
  if (places !== undefined) return formatNumber(`${value}e-${places}`, 4);
  if (name === 'fxRateSet') return value;
  const digits = name === 'quantity' ? 0 : minorDigits(money);
  return formatNumber(`${value}e-${digits}`, digits);
}

const route = getRouteApi('/contracts/$contract');

/** One contract: facts and worth, agreed terms, lots, and a version for every batch that touched it. */
export default function ContractPage() {
  const words = useText(text);
  const codeName = useCodeName();
  const { contract } = route.useParams();
  const navigate = useNavigate();
  const mayTrace = useMay('trace.read');
  const mayRead = useMay('ledger.read');
  const termShown = (path: string, value: unknown) =>
    typeof value === 'string' && RATES.has(path) ? percent(value) : codeName('termValue', shown(value));
  /** The economics as the batch wrote them, in figures a person reads. */
  const economics = (of: Readonly<Record<string, unknown>>, money: Currency) =>
    Object.entries(of)
      .map(([name, value]) => `${codeName('term', name)} ${economicShown(name, value, money)}`)
      .join(' · ');
  useKeys([
    {
      keys: 'Backspace',
      scope: 'page',
      label: { zh: text.zh.back, en: text.en.back },
      run: () => void navigate({ to: '/contracts' }),
    },
  ]);
  const query = useQuery({ ...reading('GET /v1/contracts/{contract}', { params: { contract } }), refetchInterval: EVERY_MS });
  return (
    <AnswerPanel
      className="page-panel"
      query={query}
      everyMs={EVERY_MS}
      title={words.detail(contract)}
      about={query.data?.contract.uti}
      actions={
        <>
          {mayTrace && (
            <Link className="accent" to="/trace/$level/$id" params={{ level: 'contract', id: contract }}>
              {words.trace}
            </Link>
          )}
          {mayRead && (
            <Link className="accent" to="/ledger" search={{ contract }}>
              {words.journals}
            </Link>
          )}
        </>
      }
    >
      {({ contract: line, terms, lots, versions }) => (
        <div className="contract">
          <section>
            <h3>{words.facts}</h3>
            <ContractFacts line={line} />
          </section>
          <section>
            <h3>{words.terms}</h3>
            <FactsOf record={terms} nameOf={(path) => codeName('term', path)} shownAs={termShown} />
          </section>
          <section className="contract-lots">
            <h3>
              {words.lots} <span className="dim">{line.quoteCurrency}</span>
            </h3>
            {lots.length === 0 ? (
              <Empty why={words.noLots} next={words.noLotsNext} />
            ) : (
              <Table
                label={words.lots}
                rows={lots}
                keyOf={(lot) => String(lot.lot)}
                columns={[
                  { key: 'lot', title: words.lot, width: 60, cell: (lot) => lot.lot },
                  { key: 'date', title: words.tradeDate, width: 92, cell: (lot) => lot.tradeDate },
                  { key: 'quantity', title: words.opened, numeric: true, cell: (lot) => formatNumber(lot.quantity) },
                  { key: 'open', title: words.remaining, numeric: true, cell: (lot) => formatNumber(lot.quantityOpen) },
                  { key: 'price', title: words.price, numeric: true, cell: (lot) => exact(lot.price) },
                  { key: 'fx', title: words.fx, numeric: true, cell: (lot) => exact(lot.fxRate) },
                  { key: 'fxAt', title: words.fxAt, width: 118, numeric: true, cell: (lot) => <When at={lot.fxAt} /> },
                ]}
              />
            )}
          </section>
          <section className="contract-lots">
            <h3>{words.versions}</h3>
            <Table
              label={words.versions}
              rows={versions.toSorted((a, b) => b.version - a.version)}
              keyOf={(version) => String(version.version)}
              columns={[
                { key: 'version', title: words.version, width: 60, cell: (version) => version.version },
                {
                  ...{ key: 'batch', title: words.batch, width: 220 },
                  cell: (version) => (
                    <Link className="accent" to="/batches/$batch" params={{ batch: version.batch }}>
                      {version.batch}
                    </Link>
                  ),
                },
                {
                  ...{ key: 'economics', title: words.economics },
                  cell: (version) => (
                    <span className="mild" title={economics(version.economics, currency(line.currency))}>
                      {economics(version.economics, currency(line.currency))}
                    </span>
                  ),
                },
              ]}
            />
          </section>
        </div>
      )}
    </AnswerPanel>
  );
}

function ContractFacts({ line }: { readonly line: ContractLine }) {
  const words = useText(text);
  const money = (value: string | null) => <Amount value={value} currency={line.currency} />;
  return (
    <Facts
      facts={[
        [words.state, nameOf(words.stateOf, line.state)],
        [words.listing, `${line.symbol} · ${line.market}`],
        [words.side, `${nameOf(words.sideOf, line.side)} · ${nameOf(words.basisOf, line.basis)}`],
        [words.client, line.token ?? words.house],
        [words.account, line.accountCode ?? NONE],
        [words.quantity, formatNumber(line.quantity)],
        [words.notional, money(line.notional)],
        [words.cost, money(line.cost)],
        [words.mark, line.mark === null ? NONE : `${exact(line.mark)} ${line.quoteCurrency} · ${line.markOn ?? ''}`],
        [words.worth, money(line.worth)],
        [words.profit, <Signed key="profit" value={line.profit} digits={2} />],
        [words.openedOn, line.openedOn],
        [words.closedOn, line.closedOn ?? NONE],
        [words.entity, line.entity],
        [words.hedgeEntity, line.hedgeEntity],
        [words.backToBack, <ContractLink key="b" contract={line.backToBack} />],
        [words.backToBackOf, <ContractLink key="of" contract={line.backToBackOf} />],
      ]}
    />
  );
}

function ContractLink({ contract }: { readonly contract: string | null }) {
  if (contract === null) return NONE;
  return (
    <Link className="accent" to="/contracts/$contract" params={{ contract }}>
      {contract}
    </Link>
  );
}
