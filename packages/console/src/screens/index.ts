import type { ComponentType } from 'react';
import { account, accounts } from './accounts/index.ts';
import { approvals } from './approvals/index.ts';
import { audit } from './audit/index.ts';
import { batch, clearing } from './clearing/index.ts';
import { contract, contracts } from './contracts/index.ts';
import { documentAddress, journalAddress } from './found/index.ts';
import { home } from './home/index.ts';
import { ledger } from './ledger/index.ts';
import { limits } from './limits/index.ts';
import { models } from './models/index.ts';
import { order, orders } from './orders/index.ts';
import { overview } from './overview/index.ts';
import { reports } from './reports/index.ts';
import { settings } from './settings/index.ts';
import { firm, logEntry, trace } from './trace/index.ts';
import { users } from './users/index.ts';

const desk = [overview, orders, order, contracts, contract, accounts, account, limits] as const;
const operations = [clearing, batch, ledger, journalAddress, reports, documentAddress] as const;
const control = [firm, trace, logEntry, models, approvals, audit, users, settings] as const;

/**
 * Every screen of the console, in the rail's order. A screen is a folder: `index.ts` declares it, `page.tsx` is loaded when
 * visited, `text.ts` holds its words.
 */
export const screens = [home, ...desk, ...operations, ...control] as const;

/** The order ticket (F9), over any page; loaded when first opened. */
export const ticket: (() => Promise<{ readonly default: ComponentType<{ readonly close: () => void }> }>) | undefined = () =>
  import('./ticket/ticket.tsx');
