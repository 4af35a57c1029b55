import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { reading } from '../../data/call.ts';
import { formatNumber } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Empty } from '../../parts/states.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { useCodeName } from '../code-names.ts';
import { FactsOf } from '../facts-of.tsx';
import { text } from './text.ts';
import './trace.css';

const EVERY_MS = 60_000;
const route = getRouteApi('/log/$market/$seq');

/** One entry of a market's log: the ground of every figure. Entries never change. */
export default function LogPage() {
  const words = useText(text);
  const codeName = useCodeName();
  const { market, seq } = route.useParams();
  const navigate = useNavigate();
  const number = Number(seq);
  const to = (next: number) => void navigate({ to: '/log/$market/$seq', params: { market, seq: String(next) } });
  useKeys([
    { keys: 'j', scope: 'page', label: { zh: text.zh.next, en: text.en.next }, run: () => to(number + 1) },
    {
      keys: 'k',
      scope: 'page',
      label: { zh: text.zh.previous, en: text.en.previous },
      run: () => number > 1 && to(number - 1),
    },
  ]);
  const query = useQuery({ ...reading('GET /v1/log/{market}/{seq}', { params: { market, seq } }), refetchInterval: EVERY_MS });
  return (
    <AnswerPanel
      className="page-panel"
      query={query}
      everyMs={EVERY_MS}
      title={words.logTitle(market, formatNumber(seq))}
      about={words.logAbout}
      actions={
        <>
          {number > 1 && (
            <Link className="accent" to="/log/$market/$seq" params={{ market, seq: String(number - 1) }}>
              {words.previous}
            </Link>
          )}
          <Link className="accent" to="/log/$market/$seq" params={{ market, seq: String(number + 1) }}>
            {words.next}
          </Link>
        </>
      }
    >
      {(entry) =>
        entry.events.length === 0 ? (
          <Empty why={words.noEvents} next={words.noEventsNext} />
        ) : (
          <ol className="log-events">
            {entry.events.map((event) => (
              <li key={event.k}>
                <h3>
                  <span className="dim">
                    {entry.market} #{formatNumber(entry.seq)}.{event.k}
                  </span>{' '}
                  <span title={event.name}>{codeName('event', event.name)}</span>
                </h3>
                <FactsOf record={event.body} nameOf={(path) => codeName('eventField', path)} />
              </li>
            ))}
          </ol>
        )
      }
    </AnswerPanel>
  );
}
