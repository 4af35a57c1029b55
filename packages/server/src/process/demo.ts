import { loadMarketFacts } from '@meridian/market';
import { loadIdentity } from '@meridian/security';
import { dataFolder } from '../data-folder.ts';
import { conduct } from '../demo/conductor.ts';
import { openMailbox } from '../demo/mailbox.ts';
import { connectProcess } from '../link/rpc.ts';
import { runChild } from './child.ts';

/** The demo's conductor: its clock, its clients and its bank, and the mailbox the reports arrive in. */
await runChild(async ({ settings, logger, story }) => {
  const folder = dataFolder(settings.data);
  const identity = loadIdentity(folder.keys, 'cli', 'demo');
  const link = (port: number, role: 'venue' | 'node' | 'server' | 'worker') => connectProcess(port, identity, [role], 120_000);
  const mailbox = await openMailbox(folder.mailbox, settings.ports.mail);
  const ports = Object.entries(settings.ports.markets);
  const conductor = conduct({
    settings,
    folder,
    facts: loadMarketFacts(),
    venues: new Map(ports.map(([market, at]) => [market, link(at.venue, 'venue')])),
    nodes: new Map(ports.map(([market, at]) => [market, link(at.node, 'node')])),
    server: link(settings.ports.server, 'server'),
    worker: link(settings.ports.worker, 'worker'),
    story,
    logger,
  });
  return {
    async close() {
      await conductor.close();
      await mailbox.close();
    },
  };
});
