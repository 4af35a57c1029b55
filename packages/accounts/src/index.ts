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
export { availableToTrade, type SubFunds, subFunds, withdrawable } from './funds.ts';
export { type Cell, cellAccount, cellsOfAccount, held, type Lease, readCells, readLeases } from './limit.ts';
export { type BusinessAccount, readBusinessAccounts } from './parties.ts';
export * from './posting-rule.ts';
export { GROUP_MAX } from './writer.ts';
