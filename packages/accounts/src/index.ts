export * from './chart.ts';
export * from './command.ts';
export * from './posting-rule.ts';
