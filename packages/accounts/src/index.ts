import './declarations.ts';

export {
  type AccountCentre,
  type AccountCentreOptions,
  type ExecuteOptions,
  openAccountCentre,
  type Place,
  QUEUE_MAX,
} from './centre.ts';
export * from './chart.ts';
export * from './command.ts';
export { canonicalDigest, canonicalDump } from './dump.ts';
export { availableToTrade, type SubFunds, subFunds, withdrawable } from './funds.ts';
export { type LedgerProof, ledgerVerify } from './ledger-proof.ts';
export { type Cell, cellAccount, cellsOfAccount, held, type Lease, readCells, readLeases } from './limit.ts';
export { type BusinessAccount, readBusinessAccounts } from './parties.ts';
export * from './posting-rule.ts';
export { type CommandRow, commandRows, type RebuildOptions, rebuild } from './rebuild.ts';
export * from './statement.ts';
export { type BooksTieOut, tieoutBooks } from './tie-out.ts';
export { GROUP_MAX } from './writer.ts';
