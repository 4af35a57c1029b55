import { mergeConfig } from 'vite';
import shipped from '../vite.config.ts';

/** Builds the page on which the parts are looked at and tested. Never part of the shipped console. */
export default mergeConfig(shipped, { root: import.meta.dirname, publicDir: false, build: { emptyOutDir: true } });
