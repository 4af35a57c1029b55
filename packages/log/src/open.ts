import { dirname, join } from 'node:path';
import type { Batch, CommandLog } from './command-log.ts';
import { Consumers } from './consumer.ts';
import type { Disk } from './disk.ts';
import { EventBuffer } from './event-buffer.ts';
import { beginEvents, continueEvents, type EventFile, type EventFileOptions, reaches } from './event-file.ts';
import { before } from './event-segment.ts';
import { type EventSurvey, surveyEvents } from './event-survey.ts';
import { openFileLog } from './file-log.ts';
import { nodeDisk } from './node-disk.ts';
import { corrupt, problem } from './problems.ts';
import { applyBatch, Run, type SavedRun } from './run.ts';
import { MARKET_BYTES_MAX } from './segment.ts';
import type { Recovery, Sequencer, SequencerOptions } from './sequencer.ts';
import { sequence } from './sequencing.ts';
import { readSnapshots, type Snapshots } from './snapshot.ts';
import { START } from './state-machine.ts';

const SEGMENT_BYTES = 64 << 20;
const SEGMENT_BYTES_MIN = 16 << 10;
/** Events collected on recovery before they are written. */
const RECOVERY_FLUSH_BYTES = 4 << 20;

export type Settings = Required<Omit<SequencerOptions, 'log' | 'fatal' | 'machine'>> & Pick<SequencerOptions, 'fatal'>;

/**
 * Opens a log for writing, recovers the machine's state and makes the event file whole. The machine must be fresh.
 * @throws Problem LOG_LOCKED, LOG_CORRUPT, LOG_FOREIGN, LOG_OPTIONS, LOG_EVENTS_LOST, LOG_DIVERGED, LOG_DISK_FULL, LOG_DISK_FAILED
 */
export async function openSequencer(options: SequencerOptions): Promise<Sequencer> {
  const settings = settingsOf(options);
  const { disk, dir } = settings;
  const folders = { commands: join(dir, 'commands'), events: join(dir, 'events'), snapshots: join(dir, 'snapshots') };
  for (const folder of [dir, ...Object.values(folders)]) await disk.makeDirectory(folder);
  const unlock = await disk.lock(dir);
  let log: CommandLog | undefined;
  let events: EventFile | undefined;
  try {
    await disk.syncDirectory(dir);
    await disk.syncDirectory(dirname(dir));
    log = options.log ?? (await openFileLog({ ...logOptions(settings, folders.commands), readOnly: false }));
    const consumers = new Consumers();
    await consumers.load(disk, dir);
    const snapshots = await readSnapshots(disk, folders.snapshots, settings.market);
    const eventOptions = { disk, dir: folders.events, market: settings.market, segmentBytes: settings.segmentBytes };
    const survey = await surveyEvents(disk, folders.events, settings.market);
    refuseShortLog(dir, log, consumers, snapshots, survey);
    const base = chooseBase(log, snapshots, survey, consumers, dir);
    const run = new Run(options.machine);
    if (base.snapshot !== undefined) run.restore(base.snapshot);
    events = await openEvents(eventOptions, survey, base);
    let added = false;
    for (const name of settings.consumers) added = consumers.register(name) || added;
    if (added) await consumers.save(disk, dir);
    const commands = await recover(run, log, snapshots, events, consumers);
    const recovery: Recovery = {
      tornBytes: log.tornBytes,
      snapshotSeq: base.snapshot?.seq ?? 0,
      damagedSnapshots: snapshots.damaged,
      commands,
      eventsRegenerated: base.regenerated,
    };
    const kept = snapshots.intact.map((snapshot) => snapshot.seq);
    return sequence({ settings, log, run, events, consumers, kept, snapshotDir: folders.snapshots, recovery, unlock });
  } catch (error) {
    await Promise.allSettled([log?.close(), events?.close()]);
    await unlock();
    throw error;
  }
}

function settingsOf(options: SequencerOptions): Settings {
  const settings: Settings = {
    dir: options.dir,
    market: options.market,
    syncPolicy: options.syncPolicy ?? 'group-commit',
    segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
    queueBytesMax: options.queueBytesMax ?? 64 << 20,
    backlogMax: options.backlogMax ?? 1_000_000,
    snapshotEvery: options.snapshotEvery ?? 1_000_000,
    consumers: options.consumers ?? [],
    disk: options.disk ?? nodeDisk,
    ...(options.fatal === undefined ? {} : { fatal: options.fatal }),
  };
  const refuse = (option: string, reason: string) => problem('LOG_OPTIONS', { option, reason });
  if (!/^[\x21-\x7e]+$/.test(settings.market) || settings.market.length > MARKET_BYTES_MAX)
    throw refuse('market', `1 to ${MARKET_BYTES_MAX} printable characters`);
  if (
    !Number.isSafeInteger(settings.segmentBytes) ||
    settings.segmentBytes < SEGMENT_BYTES_MIN ||
    settings.segmentBytes % 8 !== 0
  )
    throw refuse('segmentBytes', `a multiple of 8, at least ${SEGMENT_BYTES_MIN}`);
  for (const option of ['queueBytesMax', 'backlogMax'] as const)
    if (!Number.isSafeInteger(settings[option]) || settings[option] < 1) throw refuse(option, 'a positive integer');
  if (!Number.isSafeInteger(settings.snapshotEvery) || settings.snapshotEvery < 0)
    throw refuse('snapshotEvery', 'an integer, 0 for none');
  return settings;
}

export function logOptions(settings: Settings, dir: string) {
  const { disk, market, segmentBytes, syncPolicy } = settings;
  return { disk, dir, market, segmentBytes, sync: syncPolicy === 'group-commit' };
}

/** Events, snapshots and positions are made after their commit: if one knows of a command the log has not, the log lost it. */
function refuseShortLog(dir: string, log: CommandLog, consumers: Consumers, snapshots: Snapshots, survey: EventSurvey): void {
  const witnesses: [string, number][] = [
    ['the event file', survey.last?.seq ?? 0],
    ['a snapshot', snapshots.intact.at(-1)?.seq ?? 0],
    ...[...consumers.positions].map(([name, { seq }]): [string, number] => [`consumer ${name}`, seq]),
  ];
  for (const [witness, seq] of witnesses) {
    if (seq > log.lastSeq)
      throw corrupt(join(dir, 'commands'), 0, log.lastSeq + 1, `the log ends here, but ${witness} has seen command ${seq}`);
  }
}

interface Base {
  readonly snapshot: SavedRun | undefined;
  /** Why the event file is begun anew; null when it is continued. */
  readonly regenerated: string | null;
}

/**
 * The newest snapshot the event file reaches; else the first command; else the oldest snapshot, from which most events
 * can be had again — which is no loss only if every consumer is past it.
 */
function chooseBase(log: CommandLog, snapshots: Snapshots, survey: EventSurvey, consumers: Consumers, dir: string): Base {
  const usable = snapshots.intact.filter((snapshot) => snapshot.seq + 1 >= log.firstSeq);
  const newest = usable.findLast((snapshot) => reaches(survey, snapshot.events));
  if (newest !== undefined) return { snapshot: newest, regenerated: null };
  const empty = survey.names.length === 0 && log.lastSeq === 0;
  const reason = survey.fault ?? (survey.names.length === 0 ? 'there is none' : 'it ends before the snapshot');
  if (log.firstSeq === 1) return { snapshot: undefined, regenerated: empty ? null : reason };
  const oldest = usable[0];
  if (oldest === undefined)
    throw corrupt(join(dir, 'commands'), 0, log.firstSeq, 'the log begins here and no intact snapshot leads up to it');
  for (const [consumer, position] of consumers.positions) {
    if (before(position, { seq: oldest.seq + 1, k: 0 }))
      throw problem('LOG_EVENTS_LOST', { reason, first: oldest.seq + 1, consumer, seq: position.seq });
  }
  return { snapshot: oldest, regenerated: reason };
}

/** Without a snapshot the file is written from its beginning: a whole one comes out byte-equal. */
function openEvents(options: EventFileOptions, survey: EventSurvey, base: Base): Promise<EventFile> {
  const { snapshot, regenerated } = base;
  if (snapshot === undefined) return beginEvents(options, survey.names, 0, START);
  if (regenerated === null) return continueEvents(options, survey, snapshot.events);
  return beginEvents(options, survey.names, snapshot.events, { seq: snapshot.seq, k: 0xffff_ffff });
}

/** Applies what the log holds behind the base and writes its events. */
async function recover(
  run: Run,
  log: CommandLog,
  snapshots: Snapshots,
  events: EventFile,
  consumers: Consumers,
): Promise<number> {
  const from = run.seq;
  const out = new EventBuffer();
  markKnown(events, consumers, run);
  if (log.lastSeq > from) {
    for await (const batch of log.read(from + 1)) {
      applyChecked(run, batch, snapshots, out);
      consumers.mark(run.seq, run.events);
      if (out.length >= RECOVERY_FLUSH_BYTES) await flush(events, out);
    }
  }
  await flush(events, out);
  consumers.reckon();
  return run.seq - from;
}

async function flush(events: EventFile, out: EventBuffer): Promise<void> {
  await events.append(out.bytes.subarray(0, out.length), out.view);
  out.clear();
}

function markKnown(events: EventFile, consumers: Consumers, run: Run): void {
  for (const segment of events.segments)
    for (const block of segment.blocks) consumers.mark(block.firstSeq - 1, block.firstEvent);
  consumers.mark(run.seq, run.events);
}

/** A snapshot the run passes must agree with it: equal commands, equal state. */
function applyChecked(run: Run, batch: Batch, snapshots: Snapshots, out: EventBuffer): void {
  const end = batch.firstSeq + batch.count - 1;
  for (const { seq, lanes } of snapshots.intact) {
    if (seq <= run.seq || seq > end) continue;
    applyBatch(run, batch, seq, out);
    const [a, b] = run.hash.save();
    if (a !== lanes[0] || b !== lanes[1])
      throw problem('LOG_DIVERGED', { seq, hash: run.hash.digest(), expected: `${lanes[0]} ${lanes[1]}` });
  }
  applyBatch(run, batch, end, out);
}

/** The folder of command segments, for readers. */
export function commandsOf(dir: string, disk: Disk = nodeDisk) {
  return { disk, dir: join(dir, 'commands'), market: undefined, segmentBytes: SEGMENT_BYTES, sync: false, readOnly: true };
}
