import type { ComponentType } from 'react';
import { audit } from './audit/index.ts';
import { home } from './home/index.ts';
import { ledger } from './ledger/index.ts';
import { limits } from './limits/index.ts';
import { models } from './models/index.ts';
import { reports } from './reports/index.ts';
import { firm, logEntry, trace } from './trace/index.ts';
import { users } from './users/index.ts';

/**
 * Every screen of the console, in the rail's order. A screen is a folder: `index.ts` declares it, `page.tsx` is loaded when
 * visited, `text.ts` holds its words.
 */
export const screens = [home, limits, ledger, reports, firm, trace, logEntry, models, audit, users] as const;

/** The order ticket (F9), over any page; loaded when first opened. */
export const ticket: (() => Promise<{ readonly default: ComponentType<{ readonly close: () => void }> }>) | undefined =
  undefined;
