import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { usePreferences } from '../preferences.ts';
import 'uplot/dist/uPlot.min.css';
import './chart.css';

/** A colour of styles/tokens.css. */
type Token = '--accent' | '--text' | '--text-2' | '--text-3';

/** Told apart by mark and line; the colour only repeats them. */
export interface ChartSeries {
  readonly name: string;
  readonly mark: 'disc' | 'diamond' | 'none';
  readonly line: 'solid' | 'dashed' | 'dotted';
  readonly colour: Token;
  /** By x, ascending. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartAxis {
  readonly title: string;
  /** Ascending; the first and the last are the ends of the axis. */
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  /** `root`: by the square root, so that rare things are not all in one corner. Nothing below zero, then. */
  readonly scale?: 'linear' | 'root';
}

export interface ChartProps {
  /** What it shows, for whoever hears it. Its figures stand in a table beside it, never here alone. */
  readonly label: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  /** The last is drawn above the others and named first. */
  readonly series: readonly ChartSeries[];
}

const DASHES: Readonly<Record<ChartSeries['line'], readonly number[]>> = { solid: [], dashed: [6, 4], dotted: [2, 3] };
const LINE_PX = 1.5;
const MARK_PX = 4;
/** Wider than high, within these. CSS pixels. */
const HEIGHT = { ratio: 0.78, min: 200, max: 340 } as const;

/** Lines and marks over two axes, drawn in the colours of the theme. Loaded only by who shows one: it carries its plotter. */
export default function Chart({ label, x, y, series }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const { theme } = usePreferences();
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    // A canvas cannot follow the style sheet: it is drawn anew with every theme.
    element.dataset['drawn'] = theme;
    const sizeOf = () => {
      const width = Math.max(120, element.clientWidth);
      return { width, height: Math.round(Math.min(HEIGHT.max, Math.max(HEIGHT.min, width * HEIGHT.ratio))) };
    };
    const plot = new uPlot({ ...sizeOf(), ...optionsOf(element, x, y, series) }, alignedOf(series), element);
    const observer = new ResizeObserver(() => {
      const size = sizeOf();
      if (size.width !== plot.width || size.height !== plot.height) plot.setSize(size);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [theme, x, y, series]);
  return (
    <figure className="chart">
      <ul className="chart-legend">
        {series.toReversed().map((each) => (
          <li key={each.name}>
            <Sample series={each} />
            {each.name}
          </li>
        ))}
      </ul>
      <div ref={host} className="chart-plot" role="img" aria-label={label} />
    </figure>
  );
}

/** A piece of its line with its mark, as it is drawn. */
function Sample({ series: { mark, line, colour } }: { readonly series: ChartSeries }) {
  return (
    <svg width="30" height="12" aria-hidden="true" style={{ color: `var(${colour})` }}>
      <line x1="0" y1="6" x2="30" y2="6" stroke="currentColor" strokeWidth={LINE_PX} strokeDasharray={DASHES[line].join(' ')} />
      {mark === 'disc' && <circle cx="15" cy="6" r={MARK_PX} fill="currentColor" />}
      {mark === 'diamond' && <path d="M15 1l5 5-5 5-5-5z" fill="var(--panel)" stroke="currentColor" strokeWidth={LINE_PX} />}
    </svg>
  );
}

/** uPlot wants one x for all: where a series has no point, none. */
function alignedOf(series: readonly ChartSeries[]): uPlot.AlignedData {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  return [
    xs,
    ...series.map(({ points }) => {
      const at = new Map(points);
      return xs.map((x) => at.get(x) ?? null);
    }),
  ];
}

function optionsOf(
  element: HTMLElement,
  x: ChartAxis,
  y: ChartAxis,
  series: readonly ChartSeries[],
): Omit<uPlot.Options, 'width' | 'height'> {
  const style = getComputedStyle(element);
  const colour = (token: Token | '--line' | '--panel') => style.getPropertyValue(token).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = ({ title, ticks, format }: ChartAxis): uPlot.Axis => ({
    ...{ label: title, labelFont: font, labelSize: 20, labelGap: 4, font, stroke: colour('--text-2'), gap: 3 },
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
    splits: () => [...ticks],
    values: (_, at) => at.map(format),
    // Left to itself it drops what is no power of ten from a scale of one's own.
    filter: (_, at) => at,
  });
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, ...scaleOf(x) }, y: scaleOf(y) },
    axes: [
      { ...axis(x), size: 24 },
      { ...axis(y), size: 40 },
    ],
    series: [
      {},
      ...series.map(
        ({ line, colour: token }): uPlot.Series => ({
          ...{ stroke: colour(token), width: LINE_PX, dash: [...DASHES[line]], spanGaps: true, points: { show: false } },
        }),
      ),
    ],
    hooks: {
      drawSeries: [
        (plot, index) => {
          const drawn = series[index - 1];
          if (drawn !== undefined) drawMarks(plot, drawn, colour(drawn.colour), colour('--panel'));
        },
      ],
    },
  };
}

function scaleOf({ ticks, scale = 'linear' }: ChartAxis): uPlot.Scale {
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const ends = { range: () => [low, high] as uPlot.Range.MinMax };
  return scale === 'linear' ? ends : { ...ends, distr: 100, fwd: Math.sqrt, bwd: (root) => root * root };
}

/** Discs full, diamonds hollow: told apart in print as well. */
function drawMarks(plot: uPlot, { mark, points }: ChartSeries, ink: string, ground: string): void {
  if (mark === 'none') return;
  const { ctx } = plot;
  const size = MARK_PX * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = LINE_PX * devicePixelRatio;
  ctx.setLineDash([]);
  ctx.strokeStyle = ink;
  ctx.fillStyle = mark === 'disc' ? ink : ground;
  for (const [x, y] of points) {
    const [left, top] = [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)];
    ctx.beginPath();
    if (mark === 'disc') ctx.arc(left, top, size, 0, 2 * Math.PI);
    else {
      ctx.moveTo(left, top - size * 1.25);
      ctx.lineTo(left + size * 1.25, top);
      ctx.lineTo(left, top + size * 1.25);
      ctx.lineTo(left - size * 1.25, top);
      ctx.closePath();
    }
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
