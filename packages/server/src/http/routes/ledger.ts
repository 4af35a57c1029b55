import type { ReadingHouse } from '../../reading/house.ts';
import {
  journalLines,
  journalOwner,
  journalRow,
  journals,
  LINES_LISTED,
  LINES_MAX,
  trialBalance,
} from '../../reading/journal.ts';
import { pageOf } from '../../reading/page.ts';
import { listed, owned, sightOf } from '../../reading/sight.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type LedgerRoutes = 'GET /v1/ledger/trial-balance' | 'GET /v1/ledger/journals' | 'GET /v1/ledger/journals/{journal}';

export function ledgerEndpoints(house: ReadingHouse): Pick<Endpoints, LedgerRoutes> {
  return {
    'GET /v1/ledger/trial-balance': {
      resource: async ({ principal }) => listed('journal', principal),
      handle: async ({ principal }) => ({
        body: await house.read(principal, (db) => trialBalance(db, sightOf(principal))),
      }),
    },
    'GET /v1/ledger/journals': {
      resource: async ({ principal }) => listed('journal', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/ledger/journals', asking, {
          rows: (db, ask) => journals(db, sightOf(asking.principal), asking.query, ask),
          key: ({ id }) => [id],
          items: (rows, db) => journalLines(db, sightOf(asking.principal), rows, LINES_LISTED),
        }),
      }),
    },
    'GET /v1/ledger/journals/{journal}': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const owner = await journalOwner(db, params.journal);
          return owner && owned('journal', params.journal, owner);
        }),
      handle: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await journalRow(db, params.journal);
          const [journal] = row === undefined ? [] : await journalLines(db, sightOf(principal), [row], LINES_MAX);
          // A journal none of whose lines is in view is not there.
          if (journal === undefined || journal.lines.length === 0) throw problem('NO_SUCH_RESOURCE');
          return { body: journal };
        }),
    },
  };
}
