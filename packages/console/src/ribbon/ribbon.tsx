import { useEffect, useRef, useState } from 'react';
import { BEIJING, formatTime, zoneName } from '../format/time.ts';
import { useLanguage, useText } from '../i18n/use-text.ts';
import { usePreferences } from '../preferences.ts';
import { type Axis, axisOf, HEAD_HEIGHT, LABEL_WIDTH, LANE_HEIGHT, ribbonHeight, ticksOf } from './geometry.ts';
import { LaneShape } from './lane-shape.tsx';
import type { RibbonData } from './ribbon-data.ts';
import { RibbonTable } from './ribbon-table.tsx';
import { text } from './text.ts';

export interface RibbonProps {
  readonly data: RibbonData;
  /** A lane was chosen: click on its name, or Enter. */
  readonly onLane?: (market: string) => void;
  readonly lane?: string | undefined;
}

/**
 * A day of all markets: sessions above, clearing batches below, on one axis with two clocks. States are told by shape and by hue.
 * The drawing is for eyes; whoever reads otherwise gets the same facts as a table.
 */
export function Ribbon({ data, onLane, lane }: RibbonProps) {
  const words = useText(text);
  const language = useLanguage();
  const { zone } = usePreferences();
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const axis = axisOf(data, width);
  const pointed = usePointed(host, axis);
  const height = ribbonHeight(data.lanes.length);
  const now = axis.x(data.now);
  return (
    <div ref={host} className="ribbon">
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          <rect
            x={LABEL_WIDTH}
            y={HEAD_HEIGHT - 4}
            width={Math.max(0, now - LABEL_WIDTH)}
            height={height - HEAD_HEIGHT}
            className="past"
          />
          {ticksOf(axis, BEIJING, zone).map((tick) => (
            <g key={tick.x}>
              <line
                x1={tick.x}
                x2={tick.x}
                y1={HEAD_HEIGHT - 4}
                y2={height - 4}
                className={tick.midnight ? 'hour midnight' : 'hour'}
              />
              <text x={tick.x + 3} y={12} className="clock">
                {tick.first}
              </text>
              <text x={tick.x + 3} y={25} className="clock second">
                {tick.second}
              </text>
            </g>
          ))}
          {data.lanes.map((each, i) => (
            <LaneShape key={each.market} lane={each} axis={axis} now={data.now} y={HEAD_HEIGHT + i * LANE_HEIGHT} />
          ))}
          <line x1={now} x2={now} y1={2} y2={height - 4} className="now" />
          <rect x={now - 26} y={0} width={52} height={15} className="now-box" />
          <text x={now} y={11.5} textAnchor="middle" className="now-text">
            {formatTime(data.now, BEIJING)}
          </text>
          {pointed !== null && (
            <g className="pointed">
              <line x1={pointed} x2={pointed} y1={HEAD_HEIGHT - 4} y2={height - 4} />
              <text x={pointed + 4} y={HEAD_HEIGHT + 6}>
                {formatTime(axis.at(pointed), BEIJING, 'minute')} / {formatTime(axis.at(pointed), zone, 'minute')}
              </text>
            </g>
          )}
        </svg>
      )}
      <div className="ribbon-zones" aria-hidden="true">
        <span>{words.timeOf(zoneName(BEIJING, language))}</span>
        <span>{words.timeOf(zoneName(zone, language))}</span>
      </div>
      <ul className="ribbon-lanes">
        {data.lanes.map((each) => (
          <li key={each.market}>
            <button type="button" className={each.market === lane ? 'chosen' : ''} onClick={() => onLane?.(each.market)}>
              <b>{each.name}</b>
              <span>{formatTime(data.now, each.zone, 'minute')}</span>
              <small className={each.note === null ? '' : 'warn'}>{each.note ?? each.codes}</small>
            </button>
          </li>
        ))}
      </ul>
      <RibbonTable data={data} />
    </div>
  );
}

/** What the shapes mean: beside the panel's title. */
export function RibbonLegend() {
  const words = useText(text);
  return (
    <span className="ribbon-legend">
      <span>
        <i className="session" /> {words.open}
      </span>
      {(['done', 'running', 'waiting', 'blocked', 'failed'] as const).map((state) => (
        <span key={state}>
          <i className={state} /> {words.states[state]}
        </span>
      ))}
      <span>
        <i className="due" /> {words.deadline}
      </span>
    </span>
  );
}

function useWidth(host: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current as HTMLDivElement;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [host]);
  return width;
}

/** Where the pointer is on the axis, for the crosshair; null elsewhere. */
function usePointed(host: React.RefObject<HTMLDivElement | null>, axis: Axis): number | null {
  const [pointed, setPointed] = useState<number | null>(null);
  const edge = axis.width;
  useEffect(() => {
    const element = host.current as HTMLDivElement;
    const move = (event: PointerEvent) => {
      const x = event.clientX - element.getBoundingClientRect().left;
      setPointed(x > LABEL_WIDTH && x < edge ? Math.round(x) : null);
    };
    const leave = () => setPointed(null);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
    };
  }, [host, edge]);
  return pointed;
}
