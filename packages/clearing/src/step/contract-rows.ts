import { openQuantity } from '@meridian/product';
import type { OpenContract } from '../contract-book.ts';
import type { Row } from '../dataset.ts';
import { type ContractBook, movedOf } from './process.ts';

/** The sub-ledger's rows of the contracts as they stand after the batch, and of their lots. */
export function stateRows(book: ContractBook): { readonly states: Row[]; readonly lots: Row[] } {
  const contracts = [...book.contracts].sort((a, b) => (a.contract < b.contract ? -1 : 1));
  return { states: contracts.map((contract) => stateRow(book, contract)), lots: contracts.flatMap(lotRows) };
}

function stateRow(book: ContractBook, contract: OpenContract): Row {
  const { state, before, account } = contract;
  const { terms } = state.swap;
  const { accrual, settled, realised } = movedOf(book, contract);
  return {
    ...{ contract: contract.contract, uti: contract.uti, version: (before?.version ?? 0n) + 1n, transitions: state.version },
    ...{ entity: contract.entity, hedge_entity: account.hedge_entity, account: account.account },
    ...{ back_to_back_of: contract.backToBackOf, listing: contract.listing.listing, side: terms.side, basis: terms.basis },
    ...{ settlement_currency: terms.settlementCurrency, terms: jsonOf(terms), state: state.status },
    ...{ opened_on: contract.openedOn, accrued_to: state.accruedTo, accrued_from: before?.state.accruedTo ?? book.date },
    ...{ quantity_before: before === null ? 0n : openQuantity(before.state), quantity: openQuantity(state) },
    ...{ financing_before: before?.state.financingMinor ?? 0n, financing: state.financingMinor },
    ...{ accrual, settled, realised, lots_made: contract.lots.length },
  };
}

/** Lots that are open and those that the batch closed, so that the next batch knows every number given out. */
function lotRows(contract: OpenContract): Row[] {
  return contract.lots.map((fact): Row => {
    const lot = contract.state.lots.find((open) => open.lotId === String(fact.lot));
    const open = { quantity: lot?.quantity ?? 0n, value: lot?.value ?? 0n, accrued: lot?.accrued ?? 0n };
    return { contract: contract.contract, ...fact, ...open };
  });
}

/** Terms as plain JSON, integers as text. */
function jsonOf(terms: object): object {
  return JSON.parse(JSON.stringify(terms, (_, value) => (typeof value === 'bigint' ? String(value) : value))) as object;
}
