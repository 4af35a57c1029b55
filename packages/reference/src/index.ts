import './catalogue.ts';

export * from './node-facts.ts';
export * from './rate-set.ts';
export * from './record.ts';
export * from './rule-row.ts';
