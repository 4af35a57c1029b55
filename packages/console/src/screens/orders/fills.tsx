import { Link } from '@tanstack/react-router';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { When } from '../when.tsx';
import { exact } from './figure.ts';
import type { OrderDetail } from './order-panel.tsx';
import { text } from './text.ts';

/** The fills of an order, with the hedge execution each came from and the contract each went into. */
export function Fills({ fills, order }: { readonly fills: OrderDetail['fills']; readonly order: OrderDetail['order'] }) {
  const words = useText(text);
  if (fills.length === 0) return <p className="dim">{words.noFills}</p>;
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">{words.time}</th>
          <th scope="col" className="num">
            {words.quantity}
          </th>
          <th scope="col" className="num">
            {order.currency}
          </th>
          <th scope="col" className="num">
            {words.hedgeSeq}
          </th>
          <th scope="col" className="num">
            {words.contract}
          </th>
        </tr>
      </thead>
      <tbody>
        {fills.map((fill) => (
          <tr key={`${fill.seq}.${fill.k}`}>
            <td>
              <When at={fill.at} />
            </td>
            <td className="num">{formatNumber(fill.quantity)}</td>
            <td className="num">{exact(fill.price)}</td>
            <td className="num dim">{fill.hedgeSeq === null ? NONE : `#${formatNumber(fill.hedgeSeq)}`}</td>
            <td className="num">
              {fill.contract === null ? (
                NONE
              ) : (
                <Link className="accent" to="/contracts/$contract" params={{ contract: fill.contract }}>
                  {fill.contract}
                </Link>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
