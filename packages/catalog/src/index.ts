export * from './declaration.ts';
export { type CatalogueLogger, createLogger, type LoggerOptions } from './logger.ts';
export * from './mask.ts';
export {
  type Access,
  type Catalogue,
  catalogue,
  type Entity,
  type EntityDefaults,
  entity,
  type FieldLine,
  field,
  logFields,
  metrics,
  newCatalogue,
  type Profile,
} from './registry.ts';
export { type Audience, mayLeaveBy, serialise } from './serialise.ts';
