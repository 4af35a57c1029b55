import { BEIJING, formatDate, instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import { clearingWords } from '../clearing-words.ts';
import { nameOf } from '../names.ts';
import type { Batch } from './batch-list.tsx';
import { BatchMark } from './batch-mark.tsx';
import { datesAround } from './batch-order.ts';
import { text } from './text.ts';

interface MatrixProps {
  readonly rows: readonly Batch[];
  readonly open: (batch: string) => void;
  readonly market: string | undefined;
  /** Business time, RFC 3339; undefined before the house has said it. */
  readonly now: string | undefined;
}

/** A client day belongs to no market. */
export const marketName = (row: Pick<Batch, 'kind' | 'market'>, clientDay: string): string =>
  row.kind === 'client-day' ? clientDay : row.market;

/** Markets by dates: one glance finds the batch that is not like the others. */
export function Matrix({ rows, open, market, now }: MatrixProps) {
  const words = useText(text);
  const names = useText(clearingWords);
  if (rows.length === 0) return <Empty why={words.none} next={words.noneNext} />;
  const at = instantOf(now);
  const dates = datesAround(rows, at === null ? undefined : formatDate(at, BEIJING));
  const lanes = Map.groupBy(rows, (row) => `${marketName(row, names.clientDay)} · ${nameOf(names.business, row.business)}`);
  return (
    <table className="batch-matrix" aria-label={words.matrix}>
      <thead>
        <tr>
          <th scope="col">{words.market}</th>
          {dates.map((date) => (
            <th key={date} scope="col">
              {date.slice(5)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...lanes].map(([lane, batches]) => (
          <tr key={lane} className={market !== undefined && batches[0]?.market === market ? 'selected' : ''}>
            <th scope="row">{lane}</th>
            {dates.map((date) => {
              const batch = batches.find((each) => each.date === date);
              return (
                <td key={date}>
                  {batch !== undefined && (
                    <button type="button" onClick={() => open(batch.batch)} title={batch.batch}>
                      <BatchMark
                        state={batch.state}
                        word={`${batch.step !== null && batch.state !== 'published' ? nameOf(names.step, batch.step) : nameOf(names.state, batch.state)}${batch.attempt > 1 ? ` ×${batch.attempt}` : ''}`}
                      />
                    </button>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
