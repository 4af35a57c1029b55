import type { ComponentType } from 'react';
import { home } from './home/index.ts';

/**
 * Every screen of the console, in the rail's order. A screen is a folder: `index.ts` declares it, `page.tsx` is loaded when
 * visited, `text.ts` holds its words.
 */
export const screens = [home] as const;

/** The order ticket (F9), over any page; loaded when first opened. */
export const ticket: (() => Promise<{ readonly default: ComponentType<{ readonly close: () => void }> }>) | undefined =
  undefined;
