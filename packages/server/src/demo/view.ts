import { formatInstant, type Instant, parseInstant, wallTimeIn } from '@meridian/base';
import type { MarketFacts } from '@meridian/market';
import { displayWidth, type Language, say } from '../cli/command.ts';
import { dataFolder } from '../data-folder.ts';
import type { ProcessClient } from '../link/rpc.ts';
import type { StoryLine } from '../process/child.ts';
import type { HouseSettings } from '../process/settings.ts';
import type { HouseStatus } from '../status.ts';
import { LISTINGS } from './cast.ts';
import { demoUsersFile } from './users.ts';

/**
 * What a person watches: the story scrolls, the panel below stands still. Without a terminal only the story is
 * written, one line each.
 */
export interface View {
  story(line: StoryLine): void;
  /** A remark of its own, above the panel. */
  say(text: string): void;
  started(): undefined;
  close(): void;
}

export interface ViewOptions {
  readonly language: Language;
  readonly house: HouseSettings;
  readonly server: ProcessClient;
  readonly facts: MarketFacts;
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
}

/** The part of the risk snapshot that the panel shows. */
interface RiskPanel {
  readonly masters: readonly {
    readonly client: number;
    readonly currency: string;
    readonly equity: number;
    readonly requirement: number;
    readonly ratio: number | null;
    readonly callOpen: boolean;
  }[];
  /** Prices have 8 decimals, amounts are minor units of the quote currency. */
  readonly underlyings: readonly {
    readonly listing: number;
    readonly price: number | null;
    readonly currency: string;
    readonly long: number;
  }[];
}

const REFRESH_MS = 300;
const WIDTH = 96;
/** A status asked in the middle of a step finds the books a few commands behind: that is in step. */
const LAG_ORDINARY = 200;
const dim = (text: string) => `\x1b[2m${text}\x1b[0m`;
const bold = (text: string) => `\x1b[1m${text}\x1b[0m`;
const colour = (code: number, text: string) => `\x1b[${code}m${text}\x1b[0m`;

export function openView(options: ViewOptions): View {
  const { language, write, isTerminal, house } = options;
  let panel: string[] = [];
  let shown = 0;
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  const startedAt = performance.now();

  const erase = () => {
    if (shown > 0) write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  const draw = () => {
    if (!isTerminal || panel.length === 0) return;
    write(`${panel.join('\n')}\n`);
    shown = panel.length;
  };

  async function refresh(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      const [status, risk] = (await Promise.all([options.server.status(), options.server.ask('risk')])) as [
        HouseStatus,
        RiskPanel,
      ];
      panel = panelOf(language, options.facts, house, status, risk);
      erase();
      draw();
    } catch {
      // The server is being started again: the panel keeps what it knew.
    } finally {
      asking = false;
    }
  }

  return {
    story(line) {
      const stamp = `${formatInstant(line.at).slice(5, 16).replace('T', ' ')}Z`;
      erase();
      const text = line[language];
      write(isTerminal ? `${dim(stamp)} ${tint(text)}\n` : `${stamp} ${text}\n`);
      draw();
    },
    say(text) {
      erase();
      write(`${text}\n`);
      draw();
    },
    started() {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const at = `http://localhost:${house.ports.http}/`;
      erase();
      write(
        `${say(language, `系统就绪，用时 ${seconds} 秒；控制台 ${at}`, `Ready in ${seconds} s; the console is at ${at}`)}\n`,
      );
      const users = demoUsersFile(dataFolder(house.data));
      if (house.mode === 'demo')
        write(`${say(language, `每个岗位一个用户，口令见 ${users}`, `One user a duty; their passwords stand in ${users}`)}\n`);
      if (isTerminal) timer = setInterval(() => void refresh(), REFRESH_MS);
      return undefined;
    },
    close() {
      clearInterval(timer);
    },
  };
}

function tint(text: string): string {
  if (/拒|refused|追保：|Margin call:|breach/i.test(text)) return colour(33, text);
  if (/成交|filled|published|发布|is met|补足/i.test(text)) return colour(32, text);
  return text;
}

function panelOf(language: Language, facts: MarketFacts, house: HouseSettings, status: HouseStatus, risk: RiskPanel): string[] {
  const now = parseInstant(status.businessTime ?? '2013-10-07T12:00:00Z');
  const zones = [
    ['America/New_York', say(language, '纽约', 'New York')],
    ['Asia/Shanghai', say(language, '北京', 'Beijing')],
  ] as const;
  const clocks = zones.map(([zone, name]) => `${name} ${bold(wallTimeIn(now, zone))}`).join('   ');
  const counts = say(
    language,
    `订单 ${status.orders}  成交 ${status.fills}  合约 ${status.contracts.open}  背靠背 ${status.contracts.backToBack}  邮件 ${status.mails.sent}`,
    `orders ${status.orders}  fills ${status.fills}  contracts ${status.contracts.open}  back-to-back ${status.contracts.backToBack}  mails ${status.mails.sent}`,
  );
  return [
    dim('─'.repeat(WIDTH)),
    `${formatInstant(now).slice(0, 10)}   ${clocks}   ${sessionBar(facts, house, now)}`,
    counts,
    ...status.nodes.map((node) => nodeLine(language, node)),
    ...risk.underlyings.map((underlying) => underlyingLine(language, underlying)),
    ...risk.masters.map((master) => marginLine(language, master)),
    ...status.batches.map((batch) => dim(`${batch.batch}  ${batch.state}`)),
  ];
}

/** How far the day's session is, over all markets. */
function sessionBar(facts: MarketFacts, house: HouseSettings, now: Instant): string {
  const session = facts.sessionAt(house.markets[0] as string, now);
  if (session === null) return dim('·'.repeat(26));
  const part = Math.min(1, Math.max(0, (now - session.open) / (session.close - session.open)));
  const full = Math.round(part * 26);
  return `${colour(36, '━'.repeat(full))}${dim('─'.repeat(26 - full))} ${Math.round(part * 100)} %`;
}

function nodeLine(language: Language, node: HouseStatus['nodes'][number]): string {
  const behind = say(language, `账簿落后 ${node.lag} 条指令`, `books ${node.lag} commands behind`);
  const lag = node.lag <= LAG_ORDINARY ? colour(32, say(language, '账簿同步', 'books in step')) : colour(33, behind);
  return `${bold(node.market)}  #${String(node.seq).padStart(7)}  ${dim(node.stateHash)}  ${lag}`;
}

function underlyingLine(language: Language, underlying: RiskPanel['underlyings'][number]): string {
  const name =
    Object.entries(LISTINGS).find(([, { listing }]) => listing === underlying.listing)?.[0] ?? String(underlying.listing);
  const price = underlying.price === null ? '–' : (underlying.price / 1e8).toFixed(3);
  const long = (underlying.long / 100).toLocaleString('en-US', { maximumFractionDigits: 0 });
  return `${bold(name.padEnd(5))} ${price.padStart(9)}  ${say(language, `客户多头 ${long}`, `clients long ${long}`)} ${underlying.currency}`;
}

function marginLine(language: Language, master: RiskPanel['masters'][number]): string {
  const name = pad(say(language, `客户 ${master.client}`, `client ${master.client}`), 10);
  const equity = (master.equity / 100).toLocaleString('en-US', { maximumFractionDigits: 0 }).padStart(12);
  if (master.ratio === null || master.requirement === 0)
    return `${name} ${say(language, '权益', 'equity')} ${equity} ${master.currency}`;
  const percent = master.ratio / 10_000;
  const width = Math.min(24, Math.round(percent / 10));
  const bar = colour(master.callOpen ? 31 : percent < 110 ? 33 : 32, '▇'.repeat(width).padEnd(24, '·'));
  const call = master.callOpen ? colour(31, say(language, ' 追保', ' margin call')) : '';
  return `${name} ${say(language, '权益', 'equity')} ${equity} ${master.currency}  ${bar} ${percent.toFixed(1)} %${call}`;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}
