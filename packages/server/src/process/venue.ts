import path from 'node:path';
import { DATA_DIR } from '@meridian/market';
import { loadIdentity } from '@meridian/security';
import { startVenue } from '@meridian/venue';
import { dataFolder } from '../data-folder.ts';
import { HOUSE, venueListings } from '../demo/cast.ts';
import { serve, unknownRequest } from '../link/rpc.ts';
import { runChild } from './child.ts';

/** A venue of the demo: the recorded sessions behind a real order book. Production has none. */
await runChild(async ({ settings, logger }) => {
  const folder = dataFolder(settings.data);
  const market = settings.market as string;
  const ports = settings.ports.markets[market];
  if (ports === undefined) throw new Error(`no ports for ${market}`);
  const venue = await startVenue({
    dir: folder.venue(market),
    mic: market,
    listings: venueListings(market),
    sessionData: path.join(DATA_DIR, 'session'),
    orderPort: ports.order,
    marketDataPort: ports.marketData,
    dropDir: folder.drop,
    compIds: { venue: market, members: [HOUSE], subscribers: [HOUSE] },
    commissionPerUnit: '0.0020',
    syncPolicy: 'page-cache',
    logger,
  });
  const service = await serve(
    {
      advance: ({ time }) => venue.advance(time),
      status: async () => venue.status(),
      async ask({ what, body }) {
        const { execId, price } = body as { execId: string; price?: string };
        if (what === 'bust') await venue.bust(execId);
        else if (what === 'correct') await venue.correct(execId, price as string);
        else throw unknownRequest(what);
        return {};
      },
    },
    loadIdentity(folder.keys, 'venue', market),
    ['supervisor', 'cli', 'server'],
    ports.venue,
    logger,
  );
  return {
    async close() {
      await service.close();
      await venue.close();
    },
  };
});
