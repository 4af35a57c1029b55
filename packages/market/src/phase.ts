import { type DateText, type Instant, zonedInstant } from '@meridian/base';
import { tableMarket } from './market-code.ts';
import { type DatedFact, factOn, notCovered } from './provenance.ts';
import type { Session, SessionCalendar } from './session-calendar.ts';

export type PhaseKind =
  | 'auction_call'
  | 'auction_uncross'
  | 'continuous'
  | 'continuous_extended'
  | 'blocked'
  | 'break'
  | 'order_entry'
  | 'fixed_price'
  | 'retail_only'
  | 'post_trading';

export interface PhaseActions {
  readonly new: boolean;
  readonly replace: boolean;
  readonly cancel: boolean;
}

/** A phase as the rule book writes it: local wall times, start inclusive, end exclusive. */
export interface PhaseRule {
  readonly code: string;
  readonly kind: PhaseKind;
  readonly start: string;
  readonly end: string;
  readonly allow: PhaseActions;
  /** Order types the phase takes; null = not collected, so no type may be assumed. */
  readonly orderTypes: readonly string[] | null;
  readonly randomEnd: boolean;
  /** Code of the phase that this one interrupts (an intraday auction); null for a phase of its own. */
  readonly nestedIn: string | null;
}

export interface PhaseTable extends DatedFact {
  readonly zone: string;
  readonly dayType: 'full' | 'half';
  readonly phases: readonly PhaseRule[];
}

/** A phase of one session date: [start, end) in UTC. */
export interface Phase extends Omit<PhaseRule, 'start' | 'end'> {
  readonly start: Instant;
  readonly end: Instant;
}

export interface PhasePlan {
  readonly session: Session;
  readonly table: PhaseTable;
  /** By start; a nested phase follows the one it interrupts. */
  readonly phases: readonly Phase[];
}

/**
 * The phases of a session date; null on a closed day. On an irregular day (weather) the auctions before a late open and
 * everything after an early close fall away and continuous trading is cut to the session.
 * @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED | CALENDAR_NOT_COVERED
 */
export function phasePlan(
  tables: readonly PhaseTable[],
  calendar: SessionCalendar,
  mic: string,
  date: DateText,
): PhasePlan | null {
  const session = calendar.session(mic, date);
  if (session === null) return null;
  const dayType = session.kind === 'half' ? 'half' : 'full';
  const market = tableMarket(mic);
  const topic = `phase table (${dayType} day)`;
  const table = factOn(
    tables.filter((t) => t.dayType === dayType),
    market,
    topic,
    date,
  );
  const at = (wall: string) => zonedInstant(date, wall, table.zone);
  const regular = table.phases.map((rule): Phase => ({ ...rule, start: at(rule.start), end: at(rule.end) }));
  const regularOpen = regular.find((p) => p.kind === 'continuous')?.start ?? session.open;
  const phases = session.kind === 'irregular' ? regular.flatMap((p) => clip(p, session, regularOpen)) : regular;
  if (!phases.some((p) => p.kind === 'continuous' && p.start === session.open)) throw notCovered(market, topic, date);
  return { session, table, phases };
}

/** On a day that opens late there is no opening auction: what comes before the session falls away. */
function clip(phase: Phase, session: Session, regularOpen: Instant): Phase[] {
  const cut = { ...phase, start: phase.start, end: Math.min(phase.end, session.close) };
  if (phase.start >= session.close) return [];
  if (session.open <= regularOpen) return [cut];
  if (phase.end <= session.open) return [];
  if (phase.kind === 'continuous' || phase.kind === 'break') return [{ ...cut, start: Math.max(phase.start, session.open) }];
  return phase.start < session.open ? [] : [cut];
}

/** The phase in force at an instant, the innermost one if an auction interrupts; null between phases. */
export function phaseAt(plan: PhasePlan, instant: Instant): Phase | null {
  let found: Phase | null = null;
  for (const phase of plan.phases) {
    if (phase.start <= instant && instant < phase.end && (found === null || phase.nestedIn !== null)) found = phase;
  }
  return found;
}
