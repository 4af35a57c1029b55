import { isProblem, type ProblemDocument } from '@meridian/base';
import { type CatalogueLogger, createLogger } from '@meridian/catalog';
import { logFile } from '../data-folder.ts';
import { type ProcessSettings, processName, SETTINGS_VARIABLE } from './settings.ts';
import '../log-fields.ts';

/** What a child tells its supervisor. */
export type ChildMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: string; readonly params: ProblemDocument['params'] }
  | { readonly kind: 'story'; readonly line: StoryLine };

/** A line of what is happening, for people: both languages, at a business instant. */
export interface StoryLine {
  readonly at: number;
  readonly zh: string;
  readonly en: string;
  /** Where the demo stands when this line is its last. */
  readonly milestone?: string;
}

export interface Child {
  readonly settings: ProcessSettings;
  readonly logger: CatalogueLogger;
  story(line: StoryLine): void;
}

/**
 * Runs a process of the house: reads its settings, starts it, says when it is ready, and ends it in order when the
 * supervisor asks or is gone. An error while starting is told as a problem; one later ends the process with code 1, and
 * the supervisor starts it again.
 */
export async function runChild(start: (child: Child) => Promise<{ close(): Promise<void> }>): Promise<void> {
  const settings = JSON.parse(process.env[SETTINGS_VARIABLE] ?? 'null') as ProcessSettings | null;
  if (settings === null) throw new Error(`${SETTINGS_VARIABLE} is not set: processes are started by "meridian up"`);
  delete process.env[SETTINGS_VARIABLE];
  const name = processName(settings.role, settings.market);
  process.title = `meridian ${name}`;
  const logger = createLogger({ process: name, strict: false, level: 'info', destination: logFile(2) });
  const tell = (message: ChildMessage) => void (process.connected && process.send?.(message));

  let running: { close(): Promise<void> } | undefined;
  let ending = false;
  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    // Whoever hangs while closing is ended all the same: everything that matters is on disk already.
    setTimeout(() => process.exit(code), 5_000).unref();
    await running?.close().catch((error: unknown) => logger.error('close failed', { reason: reasonOf(error) }));
    process.exit(code);
  };
  const crash = (error: unknown) => {
    logger.error('process failed', { reason: reasonOf(error) });
    if (process.env['MERIDIAN_DEBUG'] !== undefined)
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  };
  process.on('SIGTERM', () => void end(0));
  process.on('SIGINT', () => {});
  process.on('disconnect', () => void end(0));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  try {
    running = await start({ settings, logger, story: (line) => tell({ kind: 'story', line }) });
    logger.info('process ready');
    tell({ kind: 'ready' });
  } catch (error) {
    if (isProblem(error)) tell({ kind: 'refused', code: error.code, params: error.document('en').params });
    crash(error);
  }
}

export function reasonOf(error: unknown): string {
  if (isProblem(error)) return error.message;
  return error instanceof Error ? `${error.message} ${error.stack?.split('\n')[1]?.trim() ?? ''}` : String(error);
}
