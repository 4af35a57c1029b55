import type { EventSink } from '@meridian/log';
import { type CommandBody, EVENT_TYPE, PhaseChanged } from '@meridian/messages';
import { CLOSE_GRACE } from './bounds.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

export const DAY = { none: 0, planned: 1, open: 2, closing: 3, closed: 4 } as const;
const NEVER = Number.MAX_SAFE_INTEGER;

type Plan = CommandBody<'trading-day'>;

/**
 * The market's day in business time (分市场、分时区交易). TC-5. Phases open and close with the first command whose time
 * reaches them. After the close the day is closing until no order is live, at most CLOSE_GRACE; then comes the cut.
 */
export class TradingDayClock {
  state: number = DAY.none;
  plan: Plan | null = null;
  /** The day that follows when this one is closed. */
  next: Plan | null = null;
  /** Counts trading days: the same ClOrdID may come again on another. */
  ordinal = 0;
  /** Cuts so far. */
  cuts = 0;
  /** Index in the plan of the phase in force; −1 between phases. */
  phase = -1;
  /** The next instant at which something changes by itself. */
  boundary = NEVER;
  allowNew = false;
  allowReplace = false;
  allowCancel = false;
  /** Bit n: FIX 40 = n is admitted. */
  types = 0;

  /**
   * The plan in force, or the next one, may be told again at any time and changes nothing.
   * @returns whether the plan was taken: phases in order inside the day, and no earlier day still open.
   */
  define(body: Plan, time: number): boolean {
    const told = JSON.stringify(body);
    if (told === JSON.stringify(this.plan) || told === JSON.stringify(this.next)) return true;
    if (body.open >= body.close || body.close <= time) return false;
    let end = body.open;
    for (const phase of body.phases) {
      if (phase.start < end || phase.end <= phase.start || phase.end > body.close) return false;
      end = phase.end;
    }
    if (this.state === DAY.open || this.state === DAY.closing) {
      if (this.plan === null || body.open < this.plan.close) return false;
      this.next = body;
      return true;
    }
    this.#take(body);
    return true;
  }

  #take(body: Plan): void {
    this.plan = body;
    this.next = null;
    this.state = DAY.planned;
    this.ordinal++;
    this.phase = -1;
    this.boundary = body.open;
  }

  /** Opens the day and its phases up to `time`. @returns true at the instant the day stops trading. */
  advance(time: number, out: EventSink): boolean {
    const plan = this.plan as Plan;
    if (this.state === DAY.planned && time >= plan.open) {
      this.state = DAY.open;
      this.#enter(Math.min(time, plan.close - 1));
      this.#say(1, out);
    }
    if (this.state !== DAY.open) return false;
    if (time < plan.close) {
      const before = this.phase;
      this.#enter(time);
      if (this.phase !== before) this.#say(2, out);
      return false;
    }
    this.state = DAY.closing;
    this.#leave();
    this.boundary = plan.close + CLOSE_GRACE;
    return true;
  }

  /** What a command at `time` would find, without moving there. `live`: orders that would keep the day closing. */
  phaseAt(time: number, live: boolean): { readonly allowNew: boolean; readonly types: number } {
    if (time < this.boundary) return this;
    const { plan, next } = this;
    const cut = plan === null || !live || time >= plan.close + CLOSE_GRACE;
    for (const day of cut ? [plan, next] : [plan]) {
      const phase = day?.phases.find(({ start, end }) => time >= start && time < end);
      if (phase !== undefined)
        return { allowNew: phase.allowNew, types: phase.types.reduce((bits, type) => bits | (1 << type), 0) };
    }
    return { allowNew: false, types: 0 };
  }

  /** The market's cut (CL-b): everything before belongs to this day's batch. */
  cut(out: EventSink): void {
    this.state = DAY.closed;
    this.boundary = NEVER;
    this.cuts++;
    this.#say(3, out);
    if (this.next !== null) this.#take(this.next);
  }

  /** Trading has stopped and orders are still with the venue. */
  sayClosing(out: EventSink): void {
    this.#say(2, out);
  }

  get phaseName(): string {
    if (this.state === DAY.open) return this.plan?.phases[this.phase]?.phase ?? 'between';
    return this.state === DAY.closing ? 'closing' : 'closed';
  }

  #enter(time: number): void {
    const plan = this.plan as Plan;
    this.#leave();
    this.boundary = plan.close;
    for (let i = 0; i < plan.phases.length; i++) {
      const phase = plan.phases[i]!;
      if (time < phase.start) {
        this.boundary = Math.min(this.boundary, phase.start);
        return;
      }
      if (time >= phase.end) continue;
      this.phase = i;
      this.boundary = Math.min(this.boundary, phase.end);
      this.allowNew = phase.allowNew;
      this.allowReplace = phase.allowReplace;
      this.allowCancel = phase.allowCancel;
      for (const type of phase.types) this.types |= 1 << type;
      return;
    }
  }

  #leave(): void {
    this.phase = -1;
    this.allowNew = false;
    this.allowReplace = false;
    this.allowCancel = false;
    this.types = 0;
  }

  #say(kind: number, out: EventSink): void {
    const at = out.begin(EVENT_TYPE['phase-changed']);
    const body = { kind, date: (this.plan as Plan).date, phase: kind === 3 ? 'closed' : this.phaseName };
    out.end(PhaseChanged.write(out.view, at, body));
  }

  save(to: SnapshotWriter): void {
    to.json({ ...this });
  }

  restore(from: SnapshotReader): void {
    Object.assign(this, from.json());
  }
}
