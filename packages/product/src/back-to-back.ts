import { declareProblems } from '@meridian/base';
import type { SwapTerms } from './terms.ts';

const { problem } = declareProblems({
  BACK_TO_BACK_INVALID: {
    status: 422,
    title: { zh: '背对背合约无效', en: 'Invalid back-to-back' },
    detail: { zh: '合约 {contract}：{reason}', en: 'Contract {contract}: {reason}' },
    remedy: { zh: '核对记账主体、对冲主体与集团内协议', en: 'Check booking entity, hedging entity and intra-group agreement' },
  },
});

/** The intra-group arrangement under which one entity of the house hedges what another has booked. */
export interface TransferAgreement {
  readonly agreement: string;
  readonly bookingEntity: string;
  readonly hedgingEntity: string;
  /** Financing spread between the entities, a fraction per year in RATE_DIGITS. */
  readonly spread: bigint;
}

export interface BackToBack {
  /** The mirror, booked in the hedging entity, facing the booking entity. */
  readonly mirror: SwapTerms;
  /** Kept by the booking entity only: the mirror itself knows no client. */
  readonly link: { readonly clientContract: string; readonly mirrorContract: string };
}

/**
 * The mirror of a client contract booked in one entity and hedged in another: same underlying, side, currency basis
 * and dividends; the transfer spread in place of the client's; no margin between the entities; house identity only.
 * Lots, resets and corporate actions of the client contract are applied to the mirror by the same transitions, and the
 * pair is eliminated on consolidation.
 * @throws Problem BACK_TO_BACK_INVALID
 */
export function backToBack(client: SwapTerms, transfer: TransferAgreement, mirrorContract: string): BackToBack {
  const refuse = (reason: string) => problem('BACK_TO_BACK_INVALID', { contract: client.contractId.slice(0, 64), reason });
  if (client.counterparty.kind !== 'client') throw refuse('not a client contract');
  if (client.entity !== transfer.bookingEntity) throw refuse(`booked in ${client.entity}, not in ${transfer.bookingEntity}`);
  if (transfer.bookingEntity === transfer.hedgingEntity) throw refuse('booked and hedged in one entity');
  if (mirrorContract === client.contractId) throw refuse('the mirror needs an identifier of its own');
  const mirror: SwapTerms = {
    contractId: mirrorContract,
    entity: transfer.hedgingEntity,
    counterparty: { kind: 'house', entity: transfer.bookingEntity, agreement: transfer.agreement },
    listingId: client.listingId,
    side: client.side,
    basis: client.basis,
    settlementCurrency: client.settlementCurrency,
    quantoRate: client.quantoRate,
    financing: { ...client.financing, spread: transfer.spread },
    dividendPassthrough: client.dividendPassthrough,
    lotRelief: client.lotRelief,
    margin: { initial: 0n, maintenance: 0n, closeOut: 0n },
    bookingPolicy: client.bookingPolicy,
    effectiveDate: client.effectiveDate,
  };
  return { mirror, link: { clientContract: client.contractId, mirrorContract } };
}
