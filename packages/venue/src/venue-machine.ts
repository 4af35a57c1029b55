import { canonicalJson, declareProblems, type Instant, InvariantError, invariant, unreachable } from '@meridian/base';
import type { EventSink, StateMachine } from '@meridian/log';
import { createListingBook, type ListingBook, type SavedListing } from './listing-book.ts';
import { createOrderEntry, type OrderEntry, type SavedEntry } from './order-entry.ts';
import type { Recording } from './recording.ts';
import { createReportDesk, type ReportDesk, type SavedDesk } from './report-desk.ts';
import { decodeVenueCommand, type VenueCommand, type VenueConfig } from './venue-command.ts';
import { emitVenueEvent } from './venue-event.ts';

const { problem } = declareProblems({
  RECORDING_CHANGED: {
    status: 409,
    title: { zh: '行情记录文件已变更', en: 'The recorded session changed' },
    detail: {
      zh: '日志按 {name}（{logged}）写成，现为 {given}',
      en: 'The log was written with {name} of hash {logged}; now there is {given}',
    },
    remedy: { zh: '恢复原行情文件，或换用空文件夹', en: 'Restore the recorded file, or use an empty folder' },
  },
});

/** Sequence numbers of one order-entry session. */
export interface SessionNumbers {
  nextIn: number;
  nextOut: number;
}

/**
 * The venue as a state machine: the log's commands and the recorded files in, events out. Killed at any moment it comes
 * back where its log ends.
 */
export interface VenueMachine extends StateMachine {
  readonly config: VenueConfig | undefined;
  /** Business time up to which everything was played. */
  readonly time: Instant;
  /** Session date while continuous trading is on. */
  readonly openDate: string | undefined;
  /** Trading days that have closed. */
  readonly daysClosed: readonly string[];
  /** When something happens next: a recorded row, an open, a close. Infinity when nothing ever will. */
  nextAt(): Instant;
  session(session: number): Readonly<SessionNumbers>;
  readonly entry: Pick<OrderEntry, 'orders' | 'ledger'>;
  readonly listings: readonly ListingBook[];
}

/** Everything that exists once the venue is configured. */
interface Floor {
  readonly config: VenueConfig;
  readonly listings: readonly ListingBook[];
  readonly bySymbol: ReadonlyMap<string, ListingBook>;
  readonly entry: OrderEntry;
  readonly desk: ReportDesk;
  readonly sessions: readonly SessionNumbers[];
}

interface SavedVenue {
  readonly config: VenueConfig;
  readonly time: Instant;
  readonly day: number;
  readonly open: boolean;
  readonly sessions: readonly SessionNumbers[];
  readonly entry: SavedEntry;
  readonly desk: SavedDesk;
  readonly listings: readonly SavedListing[];
}

/** What happens next while time is played. At one instant: the open, recorded rows, delayed reports, the close. */
const STEP = { open: 0, row: 1, report: 2, close: 3 } as const;

export function createVenueMachine(recording: Recording): VenueMachine {
  let floor: Floor | undefined;
  let time: Instant = 0;
  /** Index of the day that is open or opens next. */
  let day = 0;
  let open = false;
  let sink: EventSink | undefined;
  const out = (): EventSink => {
    invariant(sink !== undefined, 'a venue speaks only while it applies a command');
    return sink;
  };
  const openDate = () => (open ? floor?.config.days[day]?.date : undefined);

  function build(config: VenueConfig): Floor {
    const sessions = config.sessions.map(() => ({ nextIn: 1, nextOut: 1 }));
    const desk = createReportDesk(config.faults, (report) => {
      const outSeq = (sessions[report.body.session - 1] as SessionNumbers).nextOut++;
      if (report.name === 'execution') emitVenueEvent(out(), { name: 'execution', body: { ...report.body, outSeq } });
      else emitVenueEvent(out(), { name: 'cancel-reject', body: { ...report.body, outSeq } });
    });
    const listings: ListingBook[] = [];
    const bySymbol = new Map<string, ListingBook>();
    const entry = createOrderEntry({
      listing: (symbol) => bySymbol.get(symbol),
      byNumber: (listing) => listings[listing - 1] as ListingBook,
      openDate,
      send: (report) => desk.send(report, time),
      lateFillEvery: config.faults.lateFillEvery,
    });
    for (const [index, terms] of config.listings.entries()) {
      const listing = createListingBook(index + 1, terms, config.mic, recording, entry, (event) =>
        emitVenueEvent(out(), event),
      );
      listings.push(listing);
      bySymbol.set(terms.symbol, listing);
    }
    return { config, listings, bySymbol, entry, desk, sessions };
  }

  function configure(config: VenueConfig): void {
    invariant(floor === undefined, 'a venue is configured once');
    const known = new Map(recording.files.map((file) => [file.name, file.sha256]));
    for (const { name, sha256 } of config.files)
      if (known.get(name) !== sha256)
        throw problem('RECORDING_CHANGED', {
          name,
          logged: sha256.slice(0, 12),
          given: known.get(name)?.slice(0, 12) ?? 'nothing',
        });
    floor = build(config);
  }

  /** The earliest thing to happen by `until`. */
  function nextStep(of: Floor, until: Instant): { step: number; at: Instant; listing?: ListingBook } | undefined {
    let found: { step: number; at: Instant; listing?: ListingBook } | undefined;
    const consider = (step: number, at: Instant, listing?: ListingBook) => {
      if (
        at > until ||
        at === Number.POSITIVE_INFINITY ||
        (found !== undefined && (at > found.at || (at === found.at && step >= found.step)))
      )
        return;
      found = listing === undefined ? { step, at } : { step, at, listing };
    };
    const today = of.config.days[day];
    if (today !== undefined) consider(open ? STEP.close : STEP.open, open ? today.close : today.open);
    for (const listing of of.listings) consider(STEP.row, listing.nextRow(), listing);
    const due = of.desk.nextDue();
    if (due !== undefined) consider(STEP.report, due);
    return found;
  }

  function playTo(of: Floor, until: Instant): void {
    for (let next = nextStep(of, until); next !== undefined; next = nextStep(of, until)) {
      for (const listing of of.listings) listing.flush(next.at - 1);
      time = Math.max(time, next.at);
      if (next.listing !== undefined) next.listing.play(open);
      else if (next.step === STEP.report) of.desk.release(next.at);
      else if (next.step === STEP.open) openDay(of, next.at);
      else closeDay(of, next.at);
    }
    time = Math.max(time, until);
    for (const listing of of.listings) listing.flush(until);
  }

  function openDay(of: Floor, at: Instant): void {
    const { date } = of.config.days[day] as { date: string };
    open = true;
    of.entry.dayOpened(date);
    emitVenueEvent(out(), { name: 'day-opened', body: { time: at, date } });
    for (const listing of of.listings) listing.open(at);
  }

  function closeDay(of: Floor, at: Instant): void {
    const { date } = of.config.days[day] as { date: string };
    // The last quote of the session goes out before the books are emptied.
    for (const listing of of.listings) listing.flush(at);
    of.entry.expire(at);
    of.desk.releaseAll();
    for (const listing of of.listings) listing.close();
    open = false;
    day++;
    emitVenueEvent(out(), { name: 'day-closed', body: { time: at, date } });
  }

  function sessionOf(of: Floor, session: number): SessionNumbers {
    const numbers = of.sessions[session - 1];
    invariant(numbers !== undefined, () => `session ${session} is not configured`);
    return numbers;
  }

  function obey(of: Floor, command: Exclude<VenueCommand, { name: 'configure' }>): void {
    const { name, body } = command;
    if (name === 'venue-new' || name === 'venue-replace' || name === 'venue-cancel' || name === 'venue-status')
      sessionOf(of, body.session).nextIn = body.inSeq + 1;
    switch (name) {
      case 'play-to':
        return;
      case 'venue-new':
        of.entry.enter(body, time);
        return;
      case 'venue-replace':
        of.entry.replace(body, time);
        return;
      case 'venue-cancel':
        of.entry.cancel(body, time);
        return;
      case 'venue-status':
        of.entry.status(body, time);
        return;
      case 'venue-session-out':
        sessionOf(of, body.session).nextOut++;
        return;
      case 'venue-session-in':
        sessionOf(of, body.session).nextIn = body.inSeq + 1;
        return;
      case 'venue-session-reset':
        Object.assign(sessionOf(of, body.session), { nextIn: body.nextIn, nextOut: body.nextOut });
        emitVenueEvent(out(), { name: 'session-was-reset', body: { session: body.session } });
        return;
      case 'bust':
        if (!of.entry.bust(body.execution, time)) refuse('bust', body.execution);
        return;
      case 'correct':
        if (!of.entry.correct(body.execution, body.price, time)) refuse('correct', body.execution);
        return;
      case 'venue-started':
        emitVenueEvent(out(), { name: 'started', body: {} });
        return;
      default:
        unreachable(command, 'venue command');
    }
  }

  function refuse(what: 'bust' | 'correct', execution: number): void {
    const type = what === 'bust' ? 521 : 522;
    emitVenueEvent(out(), { name: 'command-refused', body: { type, subject: execution, text: 'no such standing execution' } });
  }

  return {
    apply(view, offset, _seq, into) {
      sink = into;
      const command = decodeVenueCommand(view, offset);
      const at = view.getFloat64(offset + 8, true);
      if (command === undefined) throw new InvariantError(`command type ${view.getUint16(offset + 4, true)} is not a venue's`);
      if (command.name === 'configure') configure(command.body);
      else {
        invariant(floor !== undefined, 'the first command of a venue configures it');
        // Whatever a command does, it does at its own time: recorded data up to then come first.
        playTo(floor, at);
        obey(floor, command);
      }
      sink = undefined;
    },
    save() {
      if (floor === undefined) return new Uint8Array(0);
      const { config, sessions, entry, desk, listings } = floor;
      const saved: SavedVenue = {
        ...{ config, time, day, open, sessions },
        entry: entry.save(),
        desk: desk.save(),
        listings: listings.map((listing) => listing.save()),
      };
      return new TextEncoder().encode(canonicalJson(saved));
    },
    restore(bytes) {
      floor = undefined;
      if (bytes.length === 0) return;
      const saved = JSON.parse(new TextDecoder().decode(bytes)) as SavedVenue;
      configure(saved.config);
      const of = floor as unknown as Floor;
      ({ time, day, open } = saved);
      for (const [index, numbers] of saved.sessions.entries()) Object.assign(of.sessions[index] as SessionNumbers, numbers);
      of.entry.restore(saved.entry);
      of.desk.restore(saved.desk);
      for (const [index, listing] of saved.listings.entries()) (of.listings[index] as ListingBook).restore(listing);
    },
    get config() {
      return floor?.config;
    },
    get time() {
      return time;
    },
    get openDate() {
      return openDate();
    },
    get daysClosed() {
      return floor?.config.days.slice(0, day).map((d) => d.date) ?? [];
    },
    nextAt: () =>
      floor === undefined ? Number.POSITIVE_INFINITY : (nextStep(floor, Number.MAX_VALUE)?.at ?? Number.POSITIVE_INFINITY),
    session: (session) => sessionOf(floor as Floor, session),
    get entry() {
      return (floor as Floor).entry;
    },
    get listings() {
      return floor?.listings ?? [];
    },
  };
}
