import { BEIJING, formatTime, zoneName } from '../format/time.ts';
import { useLanguage, useText } from '../i18n/use-text.ts';
import type { RibbonData, RibbonLane } from './ribbon-data.ts';
import { text } from './text.ts';

/** The ribbon's facts as a table, unseen: for whoever hears the page instead. */
export function RibbonTable({ data }: { readonly data: RibbonData }) {
  const words = useText(text);
  const language = useLanguage();
  return (
    <table className="hidden-text">
      <caption>{words.name}</caption>
      <thead>
        <tr>
          <th scope="col">{words.market}</th>
          <th scope="col">{words.sessions}</th>
          <th scope="col">{words.batches}</th>
        </tr>
      </thead>
      <tbody>
        {data.lanes.map((lane) => (
          <tr key={lane.market}>
            <th scope="row">
              {lane.name} {zoneName(lane.zone, language)} {lane.note}
            </th>
            <td>{hours(lane) || words.none}</td>
            <td>
              {lane.batches
                .map((batch) => {
                  const due = batch.deadline === null ? '' : formatTime(batch.deadline, BEIJING, 'minute');
                  const says = words.batchSays(batch.name, words.states[batch.state], due);
                  return batch.message === null ? says : `${says} — ${batch.message}`;
                })
                .join('; ') || words.none}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function hours({ sessions, zone }: RibbonLane): string {
  return sessions
    .filter(({ kind }) => kind === 'continuous' || kind === 'half-day')
    .map(({ open, close }) => `${formatTime(open, zone, 'minute')}\u2013${formatTime(close, zone, 'minute')}`)
    .join(', ');
}
