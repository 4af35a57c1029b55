/** A value that may stand in a log line. Which field names may carry one is the catalogue's business. */
export type LogValue = string | number | bigint | boolean | null | undefined;

/**
 * The logger's interface. The only implementation that writes is the catalogue's, which refuses undeclared fields and
 * masks sensitive ones. `event` is a fixed phrase; everything variable goes into fields.
 */
export interface Logger {
  debug(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  info(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  warn(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  error(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  child(fields: Readonly<Record<string, LogValue>>): Logger;
}

/** Says nothing. For tests and for libraries without a log. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child() {
    return silentLogger;
  },
};
