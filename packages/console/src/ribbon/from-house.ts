import type { AnswerOf } from '@meridian/api';
import { instantOf } from '../format/time.ts';
import type { Language } from '../i18n/text.ts';
import type { RibbonBatch, RibbonData, RibbonLane, RibbonSession, RibbonStep, StepState } from './ribbon-data.ts';

type House = AnswerOf<'GET /v1/ribbon'>;
type HouseLane = House['lanes'][number];
type HouseBatch = HouseLane['batches'][number];

const stepStates: Readonly<Record<string, StepState>> = {
  done: 'done',
  inherited: 'done',
  running: 'running',
  failed: 'failed',
  waiting: 'waiting',
};
const batchStates: Readonly<Record<string, StepState>> = {
  planned: 'waiting',
  waiting: 'waiting',
  running: 'running',
  failed: 'failed',
  published: 'done',
  skipped: 'done',
};

/** Says what a business or a step is called: the page's words; the code itself where it has none. */
export interface RibbonNames {
  readonly business: (code: string) => string;
  readonly step: (code: string) => string;
}

/** The house's ribbon as it is drawn. Steps that wait behind a failed one are blocked, which is not the same as failed. */
export function ribbonOf(house: House, language: Language, names: RibbonNames, now?: number): RibbonData {
  return {
    from: instantOf(house.from) as number,
    to: instantOf(house.to) as number,
    now: now ?? (instantOf(house.now) as number),
    lanes: house.lanes.map((lane) => laneOf(lane, language, names)),
  };
}

function laneOf(lane: HouseLane, language: Language, names: RibbonNames): RibbonLane {
  return {
    market: lane.market,
    name: lane.name[language],
    codes: lane.markets.join(' '),
    zone: lane.zone,
    open: lane.open,
    note: lane.note?.[language] ?? null,
    sessions: lane.sessions.map((session) => ({
      open: instantOf(session.open) as number,
      close: instantOf(session.close) as number,
      kind: session.kind as RibbonSession['kind'],
    })),
    batches: lane.batches.map((batch) => batchOf(batch, language, names)),
  };
}

function batchOf(batch: HouseBatch, language: Language, names: RibbonNames): RibbonBatch {
  let failed = false;
  const steps = batch.steps.map((step): RibbonStep => {
    const state = stepStates[step.state] ?? 'waiting';
    failed ||= state === 'failed';
    return {
      name: names.step(step.name),
      state: failed && state === 'waiting' ? 'blocked' : state,
      start: instantOf(step.start),
      end: instantOf(step.end),
    };
  });
  return {
    id: batch.batch,
    name: names.business(batch.business),
    start: instantOf(batch.start),
    end: instantOf(batch.end),
    state: batchStates[batch.state] ?? 'waiting',
    steps,
    deadline: instantOf(batch.due),
    message: batch.message?.[language] ?? null,
  };
}
