export { type BoardRejection, type BoardRow, type LifeStep, STEP_KINDS, type StepKind } from './board/board-row.ts';
export { clientIdOf, DESK_ID_CHARS_MAX, DESK_SESSION } from './board/desk-id.ts';
export { OrderBoard } from './board/order-board.ts';
export {
  ORDER_STATES,
  type OrderEffect,
  type OrderRefusal,
  type OrderSide,
  type OrderState,
  type OrderType,
  type TimeInForce,
} from './board/order-state.ts';
export type { ClientFixOptions, ClientSessionTerms } from './door/client-gateway.ts';
export { type DeskAnswer, DeskCancel, DeskOrder, DeskReplace, type DeskReport, DeskTerms } from './door/desk.ts';
export type { VenueOrderOptions } from './door/hedge-gateway.ts';
export {
  type KillAnswer,
  KillOrder,
  type KillPreview,
  KillRelease,
  KillScope,
  type KillState,
} from './door/kill-door.ts';
export type { ClosingCandidate, MarketDataInstrument, MarketDataOptions } from './door/market-data-gateway.ts';
export { type MarketService, type MarketServiceOptions, type MarketStatus, openMarketNode } from './door/market-service.ts';
export type { OrderVerdict, VerdictAmount, VerdictCheck } from './door/verdict.ts';
export { childClOrdId } from './engine/hedge-id.ts';
export { TRADING_STATES, type TradingState } from './engine/kill-switches.ts';
export { ENGINE_VERSION, type HeldPosition, MarketNode, type Placement } from './engine/market-node.ts';
