import '../rooms.ts';
import { openAccountCentre } from '@meridian/accounts';
import { openClearing } from '@meridian/clearing';
import { loadMarketFacts } from '@meridian/market';
import { withRecordedOverrides } from '@meridian/reference';
import { loadIdentity } from '@meridian/security';
import { openDatabase, waitForDatabase } from '@meridian/store';
import { houseClearingRules } from '../clearing-rules.ts';
import { tellProgress } from '../clearing-story.ts';
import { dataFolder } from '../data-folder.ts';
import { serve, unknownRequest } from '../link/rpc.ts';
import { runChild } from './child.ts';
import { keepTime } from './keep-time.ts';
import { standBehindNodes } from './priority.ts';

/** The clearing worker: batches at their closes, client days, reports and their mail. */
await runChild(async ({ settings, logger, story }) => {
  standBehindNodes();
  const folder = dataFolder(settings.data);
  const database = openDatabase({ url: settings.databaseUrl, name: 'worker', logger });
  await waitForDatabase(database);
  const accountCentre = openAccountCentre({ pool: database, logger });
  const clearing = openClearing({
    pool: database,
    accountCentre,
    facts: {
      market: await withRecordedOverrides(database, loadMarketFacts()),
      rules: houseClearingRules(folder, settings.markets),
    },
    dropDir: folder.drop,
    outDir: folder.reports,
    smtp: { host: '127.0.0.1', port: settings.ports.mail, from: 'clearing@meridian.example' },
    logger,
  });
  let now = 0;
  async function advance(time: number): Promise<void> {
    tellProgress(await clearing.advance(time), time, story);
    now = time;
  }
  const service = await serve(
    {
      async advance({ time }) {
        await advance(time);
        return { time };
      },
      status: () => clearing.status(),
      async ask({ what }) {
        if (what !== 'pending') throw unknownRequest(what);
        await clearing.deliver();
        const { batches, mail } = await clearing.status();
        const open = batches.filter(
          (each) => each.state !== 'published' && each.state !== 'skipped' && (each.dueAt ?? 0) <= now,
        );
        return { pending: mail.queued, unpublished: open.length };
      },
    },
    loadIdentity(folder.keys, 'worker', 'main'),
    ['server', 'supervisor', 'cli'],
    settings.ports.worker,
    logger,
  );
  const turns = keepTime(settings, 5_000, advance, logger);
  return {
    async close() {
      turns.close();
      await service.close();
      await clearing.close();
      await accountCentre.close();
      await database.close();
    },
  };
});
