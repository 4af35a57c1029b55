import { openAccountCentre } from '@meridian/accounts';
import '../rooms.ts';
import { applyCatalogue } from '@meridian/catalog';
import { loadMarketFacts } from '@meridian/market';
import { withRecordedOverrides } from '@meridian/reference';
import { applyRowSecurity, loadIdentity, openAuditLog } from '@meridian/security';
import { migrate, openDatabase, waitForDatabase } from '@meridian/store';
import { dataFolder } from '../data-folder.ts';
import { openHouse } from '../house.ts';
import { openHouseDoor } from '../house-door.ts';
import { connectProcess, serve } from '../link/rpc.ts';
import { MIGRATIONS } from '../migrations.ts';
import { runChild } from './child.ts';
import { keepTime } from './keep-time.ts';
import { standBehindNodes } from './priority.ts';

/** The server: reference data, the account centre, the risk fold, the scheduler and the door for people. */
await runChild(async ({ settings, logger, story }) => {
  standBehindNodes();
  const folder = dataFolder(settings.data);
  const database = openDatabase({ url: settings.databaseUrl, name: 'server', logger });
  await waitForDatabase(database);
  await migrate(database, MIGRATIONS, logger);
  await database.transaction(async (tx) => {
    await applyCatalogue((sql) => tx.query(sql));
    await applyRowSecurity((sql) => tx.query(sql));
  });

  const identity = loadIdentity(folder.keys, 'server', 'main');
  const nodes = new Map(
    settings.markets.map((market) => [
      market,
      connectProcess(settings.ports.markets[market]?.node as number, identity, ['node']),
    ]),
  );
  const facts = await withRecordedOverrides(database, loadMarketFacts());
  const accounts = openAccountCentre({ pool: database, logger });
  const audit = openAuditLog(database, folder.keys);
  const house = await openHouse({ settings, folder, database, facts, accounts, audit, nodes, story, logger });
  const service = await serve(house.service, identity, ['supervisor', 'cli', 'worker'], settings.ports.server, logger);
  const door = await openHouseDoor({ settings, folder, database, facts, accounts, audit, nodes, house, logger });
  const time = keepTime(settings, 1_000, (now) => house.advance(now), logger);
  return {
    async close() {
      time.close();
      await door.close();
      await service.close();
      await house.close();
      for (const node of nodes.values()) node.close();
      await database.close();
    },
  };
});
