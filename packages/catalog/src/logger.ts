import type { Logger, LogValue } from '@meridian/base';
import { pino } from 'pino';
import { mask } from './mask.ts';
import { problem } from './problems.ts';
import { type Catalogue, catalogue as house } from './registry.ts';

export interface LoggerOptions {
  /** The process: "server", "node-XNYS". Stands in each line. */
  readonly process: string;
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  /** Tests and development: an undeclared field throws. Production: it is dropped, counted and warned of once. */
  readonly strict: boolean;
  /** Where lines go; standard error by default (standard output belongs to the command line). */
  readonly destination?: { write(line: string): void };
  readonly catalogue?: Catalogue;
}

export interface CatalogueLogger extends Logger {
  /** Fields and events withheld so far, children included. */
  withheld(): number;
}

const TEXT_CHARS_MAX = 1_000;
const WARNED_MAX = 1_000;

/** An event is a fixed phrase: four digits in a row are a value that belongs into a declared field. */
const EVENT = /^(?!.*\d{4})[\p{L}\p{N}\p{P}\p{Zs}]{1,120}$/u;

/**
 * The one logger that writes. A field passes only when the catalogue declares its key as a log field; a sensitive one
 * passes masked. Texts are cut at 1,000 characters. DS-7.
 */
export function createLogger(options: LoggerOptions): CatalogueLogger {
  const catalogue = options.catalogue ?? house;
  const sink = pino(
    {
      level: options.level ?? 'info',
      messageKey: 'event',
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  const warned = new Set<string>();
  let withheld = 0;

  function withhold(key: string): void {
    if (options.strict) throw problem('FIELD_UNDECLARED', { where: 'log', field: key.slice(0, 64) });
    withheld++;
    if (warned.has(key) || warned.size >= WARNED_MAX) return;
    warned.add(key);
    // The key is written by a programmer, but a computed key could hold anything: only names that look like one are shown.
    sink.warn({ field: /^[a-z][a-zA-Z_]{0,40}$/.test(key) ? key : '***' }, 'undeclared log field withheld');
  }

  function permitted(fields: Readonly<Record<string, LogValue>>): Record<string, unknown> {
    const shown: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      const declared = catalogue.logField(key);
      if (declared === undefined || (typeof value === 'object' && value !== null)) withhold(key);
      else shown[key] = writable(declared.sensitive ? mask(declared.mask, value) : value);
    }
    return shown;
  }

  function over(target: pino.Logger): CatalogueLogger {
    const write =
      (level: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields?: Readonly<Record<string, LogValue>>) => {
        if (!target.isLevelEnabled(level)) return;
        const shown = fields === undefined ? {} : permitted(fields);
        if (EVENT.test(event)) return target[level](shown, event);
        withhold('event');
        target[level](shown, 'event withheld');
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (fields) => over(target.child(permitted(fields))),
      withheld: () => withheld,
    };
  }

  return over(sink);
}

function writable(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' && value.length > TEXT_CHARS_MAX ? `${value.slice(0, TEXT_CHARS_MAX)}…` : value;
}
