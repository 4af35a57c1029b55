import { analyse } from './step/analyse.ts';
import { book } from './step/book.ts';
import { check } from './step/check.ts';
import { fee } from './step/fee.ts';
import { importFile } from './step/import.ts';
import { type MarketContext, plan } from './step/plan.ts';
import { process } from './step/process.ts';
import { publish } from './step/publish.ts';
import { report } from './step/report.ts';
import { value } from './step/value.ts';
import { verify } from './step/verify.ts';
import type { Step } from './step.ts';

/** The stages of a market's batch, in order. CL-1 */
export const MARKET_STEPS: readonly Step<MarketContext>[] = [
  ...[plan, importFile, check, analyse, process, fee, value, book, verify, publish, report],
];
