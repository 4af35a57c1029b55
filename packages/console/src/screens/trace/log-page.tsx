import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { reading } from '../../data/call.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { text } from './text.ts';
import '../split.css';

/** What a market's node said at one sequence number: the end of the walk. */
export default function LogPage() {
  const words = useText(text);
  const { market, seq } = useParams({ from: '/log/$market/$seq' });
  // The log is never changed: once read, read.
  const entry = useQuery({
    ...reading('GET /v1/log/{market}/{seq}', { params: { market, seq } }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <AnswerPanel query={entry} everyMs={Number.POSITIVE_INFINITY} title={words.log(market, seq)}>
      {({ events }) =>
        events.length === 0 ? (
          <Empty why={words.noEvents} />
        ) : (
          <Table
            label={words.log(market, seq)}
            rows={events}
            keyOf={({ k }) => String(k)}
            columns={[
              { key: 'k', title: words.k, numeric: true, width: 50, cell: ({ k }) => k },
              { key: 'name', title: words.event, width: 180, cell: ({ name }) => name },
              {
                key: 'body',
                title: words.body,
                cell: ({ body }) => (
                  <span className="hash">
                    {Object.entries(body)
                      .map(([name, value]) => `${name} ${String(value)}`)
                      .join(' · ')}
                  </span>
                ),
              },
            ]}
          />
        )
      }
    </AnswerPanel>
  );
}
