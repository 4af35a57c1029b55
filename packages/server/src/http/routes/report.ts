import { documentContent, documentId, documentLine, documentRow, documents, MEDIA } from '../../reading/document.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { mailLine, mailOwner, mailRow, mails, queueAgain } from '../../reading/mail.ts';
import { confirmOwn } from '../../reading/own-rows.ts';
import { pageOf } from '../../reading/page.ts';
import { listed, owned, sightOf } from '../../reading/sight.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type ReportRoutes = 'GET /v1/reports' | 'GET /v1/reports/{document}/content' | 'GET /v1/mails' | 'POST /v1/mails/{mail}/resend';

export function reportEndpoints(house: ReadingHouse): Pick<Endpoints, ReportRoutes> {
  return {
    'GET /v1/reports': {
      resource: async ({ principal }) => listed('document', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/reports', asking, {
          rows: (db, ask) => documents(db, sightOf(asking.principal), asking.query, ask),
          key: ({ clearing_date, id }) => [clearing_date, id],
          own: (rows) => ({ table: 'clearing.document', ids: rows.map(({ id }) => id) }),
          items: (rows) => rows.map(documentLine),
        }),
      }),
    },
    'GET /v1/reports/{document}/content': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await documentRow(db, documentId(params.document));
          return row && owned('document', params.document, row);
        }),
      handle: async ({ principal, params }) => {
        await confirmOwn(house.database, principal, { table: 'clearing.document', ids: [documentId(params.document)] });
        const [row, bytes] = await house.read(principal, async (db) => [
          await documentRow(db, documentId(params.document)),
          await documentContent(db, documentId(params.document)),
        ]);
        if (row === undefined || bytes === undefined) throw problem('NO_SUCH_RESOURCE');
        const file = { media: MEDIA[row.format] ?? 'application/octet-stream', name: row.file_name, bytes };
        return { body: null, file, version: row.sha256 };
      },
    },
    'GET /v1/mails': {
      resource: async ({ principal }) => listed('document', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/mails', asking, {
          rows: (db, ask) => mails(db, sightOf(asking.principal), ask),
          key: ({ clearing_date, id }) => [clearing_date, id],
          items: (rows) => rows.map(mailLine),
        }),
      }),
    },
    'POST /v1/mails/{mail}/resend': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await mailRow(db, params.mail);
          return row && owned('document', params.mail, mailOwner(row, sightOf(principal)));
        }),
      handle: ({ params }) =>
        house.database.transaction(async (tx) => {
          await queueAgain(tx, params.mail);
          const row = await mailRow(tx, params.mail);
          if (row === undefined) throw problem('NO_SUCH_RESOURCE');
          return { body: mailLine(row) };
        }),
    },
  };
}
