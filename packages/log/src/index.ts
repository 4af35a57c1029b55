export * from './command-log.ts';
export * from './disk.ts';
export { openSequencer } from './open.ts';
export * from './replay.ts';
export * from './sequencer.ts';
export * from './state-machine.ts';
