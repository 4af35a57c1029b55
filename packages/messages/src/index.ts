export * from './broker-file.ts';
export { catalogueName, HEDGE_ORDER_OUTBOUND, messageShapes } from './catalogue.ts';
export * from './command.ts';
export * from './event.ts';
export * from './frame.ts';
export * from './layout.ts';
export * from './lease.ts';
export * from './rejection.ts';
export * from './scale.ts';
