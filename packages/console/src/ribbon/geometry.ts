import type { Instant } from '@meridian/base';
import { formatTime } from '../format/time.ts';
import type { RibbonBatch, RibbonData, RibbonSession, StepState } from './ribbon-data.ts';

/** Room for the lanes' names, at the left; and at the right edge. */
export const LABEL_WIDTH = 132;
const EDGE = 10;
export const HEAD_HEIGHT = 34;
export const LANE_HEIGHT = 35;
/** A step without an end is this wide: it says that it is there, not how long it will take. */
const STEP_WIDTH = 10;
const HOUR = 3_600_000_000;

/** Instants to pixels. */
export interface Axis {
  readonly from: Instant;
  readonly to: Instant;
  readonly width: number;
  x(at: Instant): number;
  /** The instant under a pixel, for the crosshair. */
  at(x: number): Instant;
}

export function axisOf({ from, to }: Pick<RibbonData, 'from' | 'to'>, width: number): Axis {
  const room = Math.max(1, width - LABEL_WIDTH - EDGE);
  const clamp = (at: Instant) => Math.min(to, Math.max(from, at));
  return {
    from,
    to,
    width,
    x: (at) => LABEL_WIDTH + ((clamp(at) - from) / (to - from)) * room,
    at: (x) => clamp(from + ((x - LABEL_WIDTH) / room) * (to - from)),
  };
}

/** An hour of the axis: its place, and what two clocks say there. Labels of a zone off the whole hour carry minutes. */
export interface Tick {
  readonly x: number;
  readonly first: string;
  readonly second: string;
  /** Midnight by the first clock: a stronger line. */
  readonly midnight: boolean;
}

/** Whole hours of the first zone; both clocks are right on the days when one of them is put forward or back. */
export function ticksOf(axis: Axis, first: string, second: string): Tick[] {
  const ticks: Tick[] = [];
  const short = (at: Instant, zone: string) => formatTime(at, zone, 'minute').replace(/:00$/, '');
  for (let at = Math.ceil(axis.from / HOUR) * HOUR; at < axis.to; at += HOUR) {
    const label = short(at, first);
    ticks.push({ x: axis.x(at), first: label, second: short(at, second), midnight: label === '00' });
  }
  return ticks;
}

export interface SessionShape {
  readonly x: number;
  readonly width: number;
  /** Thin for auctions and extended hours. */
  readonly thin: boolean;
  readonly live: boolean;
  /** The session's hours on its market's own clock, where they fit. */
  readonly text: string;
}

export function sessionShapes(sessions: readonly RibbonSession[], zone: string, axis: Axis, now: Instant): SessionShape[] {
  return sessions
    .filter(({ open, close, kind }) => kind !== 'break' && close > axis.from && open < axis.to)
    .map(({ open, close, kind }) => {
      const x = axis.x(open);
      const width = axis.x(close) - x;
      const thin = kind === 'auction';
      const hours = `${formatTime(open, zone, 'minute')}\u2013${formatTime(close, zone, 'minute')}`;
      return {
        x,
        width,
        thin,
        live: !thin && open <= now && now < close,
        text: !thin && width > textWidth(hours, 10) + 10 ? hours : '',
      };
    });
}

export interface StepShape {
  readonly x: number;
  readonly width: number;
  readonly state: StepState;
  readonly name: string;
}

export interface BatchShape {
  readonly steps: readonly StepShape[];
  /** From the last step to the deadline: the slack. Null where there is none left or no deadline. */
  readonly slack: readonly [from: number, to: number] | null;
  readonly deadline: number | null;
  readonly state: StepState;
  readonly label: { readonly text: string; readonly x: number; readonly anchor: 'start' | 'end' } | null;
}

/**
 * A batch on its lane. Steps that ran lie where they ran; those to come stand behind, in order, each a fixed mark; the words stand
 * right of the deadline, or left of the batch where the ribbon ends.
 */
export function batchShape(batch: RibbonBatch, axis: Axis, now: Instant): BatchShape | null {
  const due =
    batch.deadline !== null && batch.deadline >= axis.from && batch.deadline <= axis.to ? axis.x(batch.deadline) : null;
  const steps: StepShape[] = [];
  let edge = batch.start === null ? 0 : axis.x(batch.start);
  const seen = batch.start !== null && batch.start < axis.to && (batch.end ?? now) > axis.from;
  if (seen || (batch.start !== null && batch.state === 'waiting')) {
    for (const step of batch.steps) {
      const x = step.start === null ? edge : Math.max(edge, axis.x(step.start));
      const until = step.end ?? (step.state === 'running' ? now : null);
      const width = step.start === null || until === null ? STEP_WIDTH : Math.max(2, axis.x(until) - x);
      steps.push({ x, width, state: step.state, name: step.name });
      edge = x + width;
    }
  }
  if (steps.length === 0 && due === null) return null;
  const last = steps.at(-1);
  const end = last === undefined ? null : last.x + last.width;
  const slack = due !== null && end !== null && due > end + 2 ? ([end, due] as const) : null;
  return {
    steps,
    slack,
    deadline: due,
    state: batch.state,
    label: labelOf(batch, axis, steps[0]?.x ?? due, Math.max(end ?? 0, due ?? 0)),
  };
}

function labelOf(batch: RibbonBatch, axis: Axis, first: number | null, last: number): BatchShape['label'] {
  const done = batch.steps.filter((step) => step.state === 'done').length;
  const current = batch.steps.find((step) => step.state === 'running' || step.state === 'failed');
  const where = current === undefined ? '' : ` ${done + 1}/${batch.steps.length} ${current.name}`;
  const text =
    batch.message !== null
      ? `${batch.name}${where} · ${batch.message}`
      : batch.state === 'running'
        ? `${batch.name}${where}`
        : '';
  if (text === '' || first === null) return null;
  const right = last + 7;
  if (right + textWidth(text, 10) <= axis.width - 4) return { text, x: right, anchor: 'start' };
  const room = first - 6 - LABEL_WIDTH;
  return room >= axis.width - right
    ? { text: fitText(text, 10, room), x: first - 6, anchor: 'end' }
    : { text: fitText(text, 10, axis.width - right - 4), x: right, anchor: 'start' };
}

/** About how wide a text is, in pixels: Han glyphs are square, Inter's digits and letters a little over half of that. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const glyph of text) units += glyph > '\u2e7f' ? 1.02 : 0.6;
  return units * size;
}

/** The text, or its beginning and an ellipsis, in at most `room` pixels. What is cut is whole in the lane's table. */
export function fitText(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  const glyphs = [...text];
  while (glyphs.length > 0 && textWidth(`${glyphs.join('')}…`, size) > room) glyphs.pop();
  return glyphs.length === 0 ? '' : `${glyphs.join('')}…`;
}

export function ribbonHeight(lanes: number): number {
  return HEAD_HEIGHT + lanes * LANE_HEIGHT + 4;
}
