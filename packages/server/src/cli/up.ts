import net from 'node:net';
import { declareProblems, Problem } from '@meridian/base';
import { createLogger } from '@meridian/catalog';
import { loadMarketFacts } from '@meridian/market';
import { openAuthority } from '@meridian/security';
import { isAlive } from '@meridian/store';
import { createFolders, type DataFolder, logFile, readWhole, writeWhole } from '../data-folder.ts';
import { openView } from '../demo/view.ts';
import { connectProcess } from '../link/rpc.ts';
import { type HouseSettings, portCount, portsFrom } from '../process/settings.ts';
import { type RunningHouse, type Supervisor, superviseHouse } from '../supervisor.ts';
import { type CliCommand, EXIT, type ExitCode, type Invocation, say } from './command.ts';

const { problem } = declareProblems({
  HOUSE_RUNNING: {
    status: 409,
    title: { zh: '已在运行', en: 'Already running' },
    detail: { zh: '{data} 已由进程 {pid} 运行', en: '{data} is already run by process {pid}' },
    remedy: { zh: '先停止该进程，或用 --data 指定另一目录', en: 'Stop that process or name another folder with --data' },
  },
  UP_OPTION: {
    status: 400,
    title: { zh: '选项无效', en: 'Invalid option' },
    detail: { zh: '--{option}：{reason}', en: '--{option}: {reason}' },
    remedy: { zh: '见 meridian up --help', en: 'See meridian up --help' },
  },
});

export const DEMO_MARKETS = ['ARCX', 'XNYS'];
const SPEED_DEFAULT = 300;
const PORT_BASE_DEFAULT = 7600;

/** Starts the house and keeps it up. */
export const up: CliCommand = {
  name: 'up',
  words: [],
  help: { zh: '启动整套系统；--demo 重放两个交易日', en: 'Start the house; --demo replays two recorded sessions' },
  options: {
    demo: { type: 'boolean', help: { zh: '演示：模拟交易所、客户与邮箱', en: 'with simulated venues, clients and a mailbox' } },
    markets: { type: 'string', help: { zh: '市场 MIC，逗号分隔', en: 'market MICs, comma separated (default ARCX,XNYS)' } },
    speed: {
      type: 'string',
      help: { zh: '演示时钟倍速，默认 300', en: 'business seconds a wall second in the demo (default 300)' },
    },
    'port-base': {
      type: 'string',
      help: { zh: '起始端口', en: 'first of a block of ports (default: a free block from 7600 on)' },
    },
    until: { type: 'string', help: { zh: 'published：演示全部完成后退出', en: 'published: exit when the demo is done' } },
  },
  async run(invocation) {
    const house = await settingsOf(invocation);
    const { folder, progress, language } = invocation;
    createFolders(folder);
    refuseSecond(folder);
    await issueIdentities(folder, house);
    writeWhole(folder.house, { mode: house.mode, markets: house.markets });
    const logger = createLogger({ process: 'supervisor', strict: false, destination: logFile(folder.log('supervisor')) });
    progress(say(language, `数据目录 ${folder.root}`, `Data folder ${folder.root}`));
    const supervisor = await superviseHouse(folder, house, logger);
    return keepUp(invocation, house, supervisor);
  },
};

async function keepUp(invocation: Invocation, house: HouseSettings, supervisor: Supervisor): Promise<ExitCode> {
  const { folder, language, options } = invocation;
  let end: (code: ExitCode) => void = () => {};
  const ended = new Promise<ExitCode>((resolve) => {
    end = resolve;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(EXIT.ok));
  const server = connectProcess(
    house.ports.server,
    await (await openAuthority(folder.keys)).issue('cli', 'main'),
    ['server'],
    5_000,
  );
  const view = openView({
    language,
    house,
    server,
    facts: loadMarketFacts(),
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
  });
  supervisor.onStory((line) => {
    view.story(line);
    if (line.milestone === undefined) return;
    if (line.milestone === options['until']) end(EXIT.ok);
    else view.say(whatNext(invocation));
  });
  const startup = startAll(house, supervisor).then(
    () => view.started(),
    (error: unknown) => error,
  );
  const failed = await Promise.race([startup, ended.then(() => undefined)]);
  let code: ExitCode = EXIT.ok;
  try {
    if (failed !== undefined) throw failed;
    code = await ended;
  } finally {
    view.close();
    server.close();
    await supervisor.stop();
  }
  return code;
}

async function startAll(house: HouseSettings, supervisor: Supervisor): Promise<undefined> {
  const markets = house.markets;
  if (house.mode === 'demo') await Promise.all(markets.map((market) => supervisor.start('venue', market)));
  await Promise.all(markets.map((market) => supervisor.start('node', market)));
  await supervisor.start('server');
  await supervisor.start('worker');
  if (house.mode === 'demo') await supervisor.start('demo');
  return undefined;
}

async function settingsOf({ options, folder }: Invocation): Promise<HouseSettings> {
  const known = readWhole<Pick<HouseSettings, 'mode' | 'markets'>>(folder.house);
  const mode = options['demo'] === true ? 'demo' : (known?.mode ?? 'production');
  const markets =
    typeof options['markets'] === 'string'
      ? options['markets'].split(',').map((each) => each.trim())
      : (known?.markets ?? DEMO_MARKETS);
  for (const market of markets) {
    if (!DEMO_MARKETS.includes(market))
      throw problem('UP_OPTION', {
        option: 'markets',
        reason: `${market.slice(0, 16)} is not one of ${DEMO_MARKETS.join(', ')}`,
      });
  }
  if (new Set(markets).size !== markets.length || markets.length === 0)
    throw problem('UP_OPTION', { option: 'markets', reason: 'name each market once' });
  const speed = options['speed'] === undefined ? SPEED_DEFAULT : Number(options['speed']);
  if (!(speed > 0 && speed <= 100_000))
    throw problem('UP_OPTION', { option: 'speed', reason: 'a number above 0, at most 100000' });
  if (options['until'] !== undefined && options['until'] !== 'published')
    throw problem('UP_OPTION', { option: 'until', reason: '"published" is the only milestone' });
  return { data: folder.root, mode, markets, speed, ports: portsFrom(await portBase(options['port-base'], markets), markets) };
}

async function portBase(asked: unknown, markets: readonly string[]): Promise<number> {
  const count = portCount(markets);
  if (asked !== undefined) {
    const base = Number(asked);
    if (!Number.isInteger(base) || base < 1 || base + count > 65_536)
      throw problem('UP_OPTION', { option: 'port-base', reason: `a port from 1 to ${65_536 - count}` });
    for (let port = base; port < base + count; port++) if (!(await isFree(port))) throw new Problem('PORT_IN_USE', { port });
    return base;
  }
  for (let base = PORT_BASE_DEFAULT; base < 20_000; base += 100) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw problem('UP_OPTION', { option: 'port-base', reason: 'no free block of ports was found' });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** @throws Problem HOUSE_RUNNING when another supervisor runs over the folder. */
function refuseSecond(folder: DataFolder): void {
  const running = readWhole<RunningHouse>(folder.running);
  if (running !== undefined && isAlive(running.supervisor))
    throw problem('HOUSE_RUNNING', { data: folder.root, pid: running.supervisor });
}

async function issueIdentities(folder: DataFolder, house: HouseSettings): Promise<void> {
  const authority = await openAuthority(folder.keys);
  await authority.issue('server', 'main');
  await authority.issue('worker', 'main');
  await authority.issue('cli', 'main');
  await authority.issue('cli', 'demo');
  for (const market of house.markets) {
    await authority.issue('node', market);
    await authority.issue('venue', market);
  }
}

/** Said when the demo is done and the house stays up. */
function whatNext({ language, folder }: Invocation): string {
  const commands = ['status', 'tieout', 'clear status', 'ledger verify'].map((name) => `  npx meridian ${name}`).join('\n');
  return say(
    language,
    `报告在 ${folder.reports}，邮件在 ${folder.mailbox}。系统仍在运行，可另开终端查看：\n${commands}\n按 Ctrl-C 停止。`,
    `Reports are in ${folder.reports}, mails in ${folder.mailbox}. The house stays up; look around from another terminal:\n${commands}\nCtrl-C stops it.`,
  );
}
