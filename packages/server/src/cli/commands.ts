import { auditVerify } from './audit.ts';
import { calendar } from './calendar.ts';
import { catalogCheck, catalogExport } from './catalog.ts';
import { clearRun, clearStatus } from './clear.ts';
import type { CliCommand } from './command.ts';
import { ledgerVerifyCommand } from './ledger.ts';
import { MODEL_COMMANDS } from './model.ts';
import { modelMoves } from './model-govern.ts';
import { replayCommand } from './replay.ts';
import { status } from './status.ts';
import { tieoutCommand } from './tieout.ts';
import { up } from './up.ts';
import {
  userAdd,
  userDisable,
  userEnable,
  userLink,
  userList,
  userPassword,
  userRevoke,
  userSessions,
  userUnlink,
} from './user.ts';

/** Everything the command line can do, in the order a day goes. */
export const COMMANDS: readonly CliCommand[] = [
  up,
  status,
  calendar,
  clearRun,
  clearStatus,
  replayCommand,
  tieoutCommand,
  ledgerVerifyCommand,
  auditVerify,
  userAdd,
  userList,
  userDisable,
  userEnable,
  userSessions,
  userRevoke,
  userPassword,
  userLink,
  userUnlink,
  ...MODEL_COMMANDS,
  ...modelMoves,
  catalogCheck,
  catalogExport,
];
