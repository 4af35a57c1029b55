import { formatNumber } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { Combobox } from '../../parts/combobox.tsx';
import { DecimalField } from '../../parts/decimal-field.tsx';
import { Field } from '../../parts/field.tsx';
import { exact, ppm } from '../orders/figure.ts';
import { orderWords } from '../orders/words.ts';
import { useWhen } from '../when.tsx';
import { accountOf, accountsFor, type Draft, type Listing, listingOf, type Tradable } from './draft.ts';
import { text } from './text.ts';

interface TicketFormProps {
  readonly draft: Draft;
  readonly tradable: Tradable;
  readonly change: (change: Partial<Draft>) => void;
}

/** The fields of an order. Accounts offered are those of the listing's market. */
export function TicketForm({ draft, tradable, change }: TicketFormProps) {
  const words = useText(text);
  const names = useText(orderWords);
  const listing = listingOf(tradable, draft);
  const chooseListing = (id: string) => {
    const next = tradable.listings.find((each) => each.listing === id);
    const account = accountOf(tradable, draft);
    const kept = account !== undefined && next !== undefined && account.markets.includes(next.market);
    // A single account needs no choosing.
    const only = accountsFor(tradable, next);
    change({ listing: id, ...(kept ? {} : { account: only.length === 1 ? (only[0]?.account ?? null) : null }) });
  };
  return (
    <div className="form">
      <Field label={words.listing} note={listing === undefined ? undefined : <ListingNote listing={listing} />}>
        <Combobox
          value={draft.listing ?? ''}
          placeholder={words.listingHint}
          onValue={chooseListing}
          options={tradable.listings.map((each) => ({
            value: each.listing,
            label: `${each.symbol} ${each.name} · ${each.market} ${each.currency}`,
          }))}
        />
      </Field>
      <Field label={words.account}>
        <Combobox
          value={draft.account ?? ''}
          placeholder={words.accountHint}
          onValue={(account) => change({ account })}
          options={accountsFor(tradable, listing).map((each) => ({
            value: each.account,
            label: `${each.code} · ${each.token}`,
          }))}
        />
      </Field>
      <div className="form-row">
        <Choice label={words.side} names={names.side} value={draft.side} onValue={(side) => change({ side })} />
        <Choice label={words.effect} names={names.effect} value={draft.effect} onValue={(effect) => change({ effect })} />
      </div>
      <div className="form-row">
        <Field label={words.quantity} note={<Lots draft={draft} listing={listing} />}>
          <DecimalField value={draft.quantity} digits={0} onValue={(quantity) => change({ quantity })} />
        </Field>
        <Field label={words.price(listing?.currency ?? '')} note={<FromLast draft={draft} listing={listing} />}>
          <DecimalField
            value={draft.type === 'market' ? '' : draft.price}
            digits={tickDigits(listing)}
            negative
            disabled={draft.type === 'market'}
            onValue={(price) => change({ price })}
          />
        </Field>
      </div>
      <div className="form-row">
        <Choice label={words.type} names={names.type} value={draft.type} onValue={(type) => change({ type })} />
        <Choice
          label={words.timeInForce}
          names={names.timeInForce}
          value={draft.timeInForce}
          onValue={(timeInForce) => change({ timeInForce })}
        />
      </div>
    </div>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly names: Readonly<Record<V, string>>;
  readonly value: V;
  readonly onValue: (value: V) => void;
}

/** Two or three words of which one holds: all are seen at once, arrow keys change it. */
function Choice<V extends string>({ label, names, value, onValue }: ChoiceProps<V>) {
  return (
    <fieldset className="choice">
      <legend className="dim">{label}</legend>
      {(Object.keys(names) as V[]).map((each) => (
        <label key={each} className={each === value ? 'chosen' : ''}>
          <input type="radio" name={label} checked={each === value} onChange={() => onValue(each)} />
          {names[each]}
        </label>
      ))}
    </fieldset>
  );
}

function ListingNote({ listing }: { readonly listing: Listing }) {
  const words = useText(text);
  const when = useWhen();
  const at = instantOf(listing.lastAt);
  return (
    <>
      {[
        ...(listing.last === null ? [] : [words.last(exact(listing.last))]),
        ...(listing.last === null || at === null ? [] : [when(at)]),
        ...(listing.tick === null ? [] : [words.tick(exact(listing.tick))]),
      ].join(' · ')}
      {listing.permission === 'close-only' && <b className="warn"> · {words.closeOnly}</b>}
      {listing.permission === 'none' && <b className="bad"> · {words.blocked}</b>}
    </>
  );
}

/** The quantity in lots: a slip of a digit is seen in two figures. */
function Lots({ draft, listing }: { readonly draft: Draft; readonly listing: Listing | undefined }) {
  const words = useText(text);
  if (listing === undefined || !/^\d{1,18}$/.test(draft.quantity)) return null;
  const lot = BigInt(listing.lot);
  if (lot <= 1n) return null;
  const quantity = BigInt(draft.quantity);
  if (quantity % lot !== 0n) return <span className="warn">{words.notLots(formatNumber(lot))}</span>;
  return <span>{words.lots(formatNumber(quantity / lot), formatNumber(lot))}</span>;
}

/** How far the limit stands from the last price, in per cent. A figure to see, not to reckon with. */
function FromLast({ draft, listing }: { readonly draft: Draft; readonly listing: Listing | undefined }) {
  const words = useText(text);
  const last = Number(listing?.last ?? Number.NaN);
  const price = Number(draft.price);
  if (draft.type === 'market' || draft.price === '' || !(last > 0) || Number.isNaN(price)) return null;
  const away = Math.round((price / last - 1) * 1e6);
  return <span>{words.fromLast(`${away > 0 ? '+' : ''}${ppm(away, 2)}`)}</span>;
}

const tickDigits = (listing: Listing | undefined) => {
  const tick = listing?.tick;
  return tick === undefined || tick === null ? 6 : (tick.split('.')[1]?.length ?? 0);
};
