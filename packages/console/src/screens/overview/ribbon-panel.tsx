import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { reading } from '../../data/call.ts';
import { useBeat } from '../../data/line.ts';
import { useMay } from '../../data/session.ts';
import { BEIJING, formatDate, formatTime, formatWeekday, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/states.tsx';
import { ribbonOf } from '../../ribbon/from-house.ts';
import { Ribbon, RibbonLegend } from '../../ribbon/ribbon.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { clearingWords } from '../clearing-words.ts';
import { nameOf } from '../names.ts';
import { text } from './text.ts';

const EVERY_MS = 2_000;

/** 24 hours of every market: what is open, what is being cleared, what is late. A lane leads to its batches. */
export function RibbonPanel() {
  const words = useText(text);
  const names = useText(clearingWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const beat = useBeat();
  const maySeeBatches = useMay('batch.read');
  // Twelve lanes leave a low screen no room for orders.
  const [own, setOwn] = useState(() => matchMedia('(max-height: 1000px)').matches);
  const query = useQuery({ ...reading('GET /v1/ribbon'), refetchInterval: EVERY_MS });
  const house = useQuery({ ...reading('GET /v1/house'), staleTime: 60_000 });
  const from = instantOf(query.data?.from);
  const nodes = new Set(house.data?.nodes.map((node) => node.market));
  const begins =
    from === null
      ? ''
      : `${formatDate(from, BEIJING)} ${formatWeekday(from, BEIJING, language)} ${formatTime(from, BEIJING, 'minute')}`;
  return (
    <AnswerPanel
      query={query}
      everyMs={EVERY_MS}
      className="overview-ribbon"
      title={words.ribbon}
      about={from === null ? undefined : words.ribbonAbout(begins)}
      actions={
        <>
          <RibbonLegend />
          <Button kind="quiet" aria-pressed={own} onClick={() => setOwn(!own)}>
            {own ? words.allMarkets : words.ownMarkets}
          </Button>
        </>
      }
    >
      {(data) => {
        const ours = data.lanes.filter((lane) => lane.batches.length > 0 || lane.markets.some((each) => nodes.has(each)));
        // Somebody who is not told which markets the house runs sees them all.
        const lanes = own && ours.length > 0 ? ours : data.lanes;
        if (lanes.length === 0) return <Empty why={words.noLanes} next={words.noLanesNext} />;
        return (
          <Ribbon
            data={ribbonOf(
              { ...data, lanes },
              language,
              {
                business: (code) => (code === '-' ? names.clientDay : nameOf(names.business, code)),
                step: (code) => nameOf(names.step, code),
              },
              instantOf(beat?.businessTime) ?? undefined,
            )}
            {...(maySeeBatches ? { onLane: (market: string) => void navigate({ to: '/batches', search: { market } }) } : {})}
          />
        );
      }}
    </AnswerPanel>
  );
}
