export type { ClientFixOptions, ClientSessionTerms } from './door/client-gateway.ts';
export type { VenueOrderOptions } from './door/hedge-gateway.ts';
export type { ClosingCandidate, MarketDataInstrument, MarketDataOptions } from './door/market-data-gateway.ts';
export { type MarketService, type MarketServiceOptions, type MarketStatus, openMarketNode } from './door/market-service.ts';
export { childClOrdId } from './engine/hedge-id.ts';
export { ENGINE_VERSION, type HeldPosition, MarketNode, type Placement } from './engine/market-node.ts';
