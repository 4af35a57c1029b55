import { calendar } from './calendar.ts';
import type { CliCommand } from './command.ts';

/** Everything the command line can do, in the order a day goes. */
export const COMMANDS: readonly CliCommand[] = [calendar];
