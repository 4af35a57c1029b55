import { replay } from '@meridian/log';
import { isAlive } from '@meridian/store';
import { MarketNode } from '@meridian/trading';
import { bookStatus, type HouseStatus, type NodeStatus, type ProcessStatus } from '../status.ts';
import type { RunningHouse } from '../supervisor.ts';
import { houseOf, withDatabase, withServer } from './at-house.ts';
import { type CliCommand, EXIT, type Invocation, say, table } from './command.ts';

/** What runs, where the nodes are, and what is in the books. */
export const status: CliCommand = {
  name: 'status',
  words: [],
  help: { zh: '进程、节点、订单、合约与批次', en: 'Processes, nodes, orders, contracts and batches' },
  options: {},
  async run(invocation) {
    const { folder, answer } = invocation;
    const told =
      (await withServer(folder, async (server, running) => ({
        ...((await server.status()) as HouseStatus),
        processes: processesOf(running),
      }))) ?? (await stopped(invocation));
    answer(told, () => text(told, invocation));
    return EXIT.ok;
  },
};

function processesOf(running: RunningHouse): ProcessStatus[] {
  return [
    { name: 'supervisor', pid: running.supervisor, state: 'up', restarts: 0 },
    ...Object.entries(running.processes).map(
      ([name, { pid, restarts }]): ProcessStatus => ({ name, pid, restarts, state: pid > 0 && isAlive(pid) ? 'up' : 'down' }),
    ),
  ];
}

/** Of a stopped folder: the nodes from their logs, the books from the database. */
async function stopped({ folder }: Invocation): Promise<HouseStatus> {
  const nodes: NodeStatus[] = [];
  for (const market of houseOf(folder).markets) {
    const { seq, stateHash } = await replay(folder.node(market), new MarketNode(market));
    nodes.push({ market, seq, stateHash, leader: '', lag: 0, orders: 0 });
  }
  const books = await withDatabase(folder, bookStatus);
  return { mode: houseOf(folder).mode, businessTime: null, processes: [], nodes, ...books };
}

function text(told: HouseStatus, { language }: Invocation): string {
  const head = say(language, '业务时间', 'business time');
  const lines = [
    `${head} ${told.businessTime ?? say(language, '已停止', 'stopped')}`,
    '',
    table(
      [say(language, '进程', 'process'), 'pid', say(language, '状态', 'state'), say(language, '重启', 'restarts')],
      told.processes.map((each) => [each.name, each.pid, each.state, each.restarts]),
    ),
    '',
    table(
      [
        say(language, '市场', 'market'),
        'seq',
        say(language, '状态哈希', 'state hash'),
        say(language, '主节点', 'leader'),
        say(language, '落后', 'lag'),
      ],
      told.nodes.map((each) => [each.market, each.seq, each.stateHash, each.leader, each.lag]),
    ),
    '',
    table(
      [
        say(language, '批次', 'batch'),
        say(language, '日期', 'date'),
        say(language, '状态', 'state'),
        say(language, '次', 'attempt'),
      ],
      told.batches.map((each) => [each.batch, each.date, each.state, each.attempt]),
    ),
    '',
    say(
      language,
      `订单 ${told.orders}，成交 ${told.fills}，合约 ${told.contracts.open} 存续 ${told.contracts.closed} 了结 ${told.contracts.backToBack} 背靠背，追保 ${told.marginCalls.raised} 待补 ${told.marginCalls.met} 已补 ${told.marginCalls.breached} 违约，例外 ${told.exceptions}，邮件 ${told.mails.sent}`,
      `${told.orders} orders, ${told.fills} fills; contracts ${told.contracts.open} open, ${told.contracts.closed} closed, ${told.contracts.backToBack} back-to-back; margin calls ${told.marginCalls.raised} raised, ${told.marginCalls.met} met, ${told.marginCalls.breached} breached; ${told.exceptions} exceptions; ${told.mails.sent} mails`,
    ),
  ];
  return lines.join('\n');
}
