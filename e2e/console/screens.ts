import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { SHIPPED_MODEL } from './model.ts';
import type { Visitor } from './visitor.ts';

/** One face of the console, with who looks at it. */
export interface Face {
  readonly name: string;
  /** Null: seen before anybody has signed in. */
  readonly user: string | null;
  readonly path: string;
  /** The pattern of the screen it shows, as `screens/index.ts` declares it. */
  readonly screen: string;
  /** What is done there before one looks: a dialog opened, a row chosen. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Objects of the running house that the faces are about. */
interface Subjects {
  readonly refused: { readonly market: string; readonly order: string };
  readonly contract: string;
  readonly master: string;
  readonly batch: string;
  readonly journal: string;
  readonly document: string;
  readonly cell: string;
}

interface Listed {
  readonly items: readonly Record<string, unknown>[];
}

/** The first of a list that is as asked. */
export async function firstOf(visitor: Visitor, path: string, is: (each: Record<string, unknown>) => boolean = () => true) {
  const { status, body } = await visitor.ask('GET', path);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  const found = (body as Listed).items.find(is);
  assert.ok(found !== undefined, `nothing of ${path} is as asked`);
  return found;
}

/** Looks the subjects up as the auditor, who reads everything. */
export async function subjectsOf(auditor: Visitor): Promise<Subjects> {
  const refused = await firstOf(auditor, '/v1/orders?limit=200', ({ clOrdId }) => clOrdId === 'C-4');
  const contract = await firstOf(auditor, '/v1/contracts');
  const master = await firstOf(auditor, '/v1/accounts');
  const batch = await firstOf(auditor, '/v1/batches', ({ state, market }) => state === 'published' && market !== '-');
  const journal = await firstOf(auditor, '/v1/ledger/journals');
  const document = await firstOf(auditor, '/v1/reports');
  const cell = await firstOf(auditor, '/v1/limits', ({ scope }) => scope === 'master');
  const text = (from: Record<string, unknown>, key: string) => String(from[key]);
  return {
    refused: { market: text(refused, 'market'), order: text(refused, 'order') },
    contract: text(contract, 'contract'),
    master: text(master, 'master'),
    batch: text(batch, 'batch'),
    journal: text(journal, 'journal'),
    document: text(document, 'document'),
    cell: text(cell, 'cell'),
  };
}

const encode = encodeURIComponent;
const firstRow = async (page: Page) => {
  await page.locator('.table tbody tr').first().click();
};

/** Every screen of the console as those see it whose work it is, over the objects of the running house. */
export function facesOf(on: Subjects): readonly Face[] {
  const { market, order } = on.refused;
  const seen = `order=${market}-${order}`;
  return [
    { name: 'sign-in', user: null, screen: '/', path: '/' },
    { name: 'overview', user: 'trader', screen: '/overview', path: `/overview?${seen}` },
    { name: 'orders', user: 'trader', screen: '/orders', path: `/orders?${seen}` },
    { name: 'order', user: 'auditor', screen: '/orders/$market/$order', path: `/orders/${market}/${order}` },
    { name: 'ticket', user: 'trader', screen: '/orders', path: '/orders', act: openTicket },
    { name: 'contracts', user: 'auditor', screen: '/contracts', path: '/contracts' },
    { name: 'contract', user: 'auditor', screen: '/contracts/$contract', path: `/contracts/${encode(on.contract)}` },
    { name: 'accounts', user: 'auditor', screen: '/accounts', path: '/accounts' },
    { name: 'account', user: 'compliance', screen: '/accounts/$master', path: `/accounts/${encode(on.master)}` },
    { name: 'limits', user: 'risk', screen: '/limits', path: `/limits?cell=${encode(on.cell)}` },
    { name: 'kill-switch', user: 'risk', screen: '/overview', path: '/overview', act: openKill },
    { name: 'clearing', user: 'clearing', screen: '/batches', path: '/batches' },
    { name: 'batch', user: 'clearing', screen: '/batches/$batch', path: `/batches/${encode(on.batch)}` },
    { name: 'ledger', user: 'clearing', screen: '/ledger', path: '/ledger' },
    { name: 'journal', user: 'clearing', screen: '/ledger/$journal', path: `/ledger/${encode(on.journal)}` },
    { name: 'reports', user: 'clearing', screen: '/reports', path: '/reports' },
    { name: 'document', user: 'clearing', screen: '/reports/$document', path: `/reports/${encode(on.document)}` },
    { name: 'mails', user: 'clearing', screen: '/reports', path: '/reports?face=mails' },
    { name: 'trace', user: 'auditor', screen: '/trace/$level/$id', path: `/trace/master/${encode(on.master)}` },
    { name: 'firm', user: 'auditor', screen: '/trace', path: '/trace' },
    { name: 'log', user: 'auditor', screen: '/log/$market/$seq', path: `/log/${market}/${order}` },
    { name: 'models', user: 'model-owner', screen: '/models', path: '/models' },
    { name: 'model', user: 'model-owner', screen: '/models', path: `/models?version=${SHIPPED_MODEL}` },
    { name: 'decisions', user: 'auditor', screen: '/models', path: '/models?face=decisions' },
    { name: 'approvals', user: 'risk-2', screen: '/approvals', path: '/approvals?view=all' },
    { name: 'audit', user: 'auditor', screen: '/audit', path: '/audit', act: firstRow },
    { name: 'users', user: 'administrator', screen: '/users', path: '/users?user=trader' },
    { name: 'settings', user: 'trader', screen: '/settings', path: '/settings' },
    { name: 'portal', user: 'client', screen: '/overview', path: '/overview' },
    { name: 'portal-orders', user: 'client', screen: '/overview', path: '/overview?face=orders' },
    { name: 'portal-contracts', user: 'client', screen: '/overview', path: '/overview?face=contracts' },
    { name: 'portal-statements', user: 'client', screen: '/overview', path: '/overview?face=statements' },
    { name: 'home', user: 'security', screen: '/', path: '/' },
  ];
}

async function openTicket(page: Page): Promise<void> {
  await page.keyboard.press('F9');
  await page.locator('.dialog .ticket').waitFor();
}

async function openKill(page: Page): Promise<void> {
  await page.locator('.top .kill').click();
  await page.locator('.dialog form').waitFor();
}
