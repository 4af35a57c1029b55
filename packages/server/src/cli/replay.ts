import { declareProblems } from '@meridian/base';
import { replay } from '@meridian/log';
import { MarketNode } from '@meridian/trading';
import { marketsOf } from './at-house.ts';
import { badUsage, type CliCommand, EXIT, say } from './command.ts';

const { problem } = declareProblems({
  MARKET_UNKNOWN: {
    status: 404,
    title: { zh: '没有该市场', en: 'No such market' },
    detail: { zh: '本系统没有市场 {market}', en: 'This house runs no market {market}' },
    remedy: { zh: '可用：{known}', en: 'It runs: {known}' },
  },
});

/** Applies a market's log to a fresh node, beside the running one, and tells the hash both must share. TC-3. */
export const replayCommand: CliCommand = {
  name: 'replay',
  words: ['MIC'],
  help: { zh: '由日志重放节点并给出状态哈希', en: "Replay a market's log and tell its state hash" },
  options: { to: { type: 'string', help: { zh: '重放到该序号', en: 'up to this sequence number' } } },
  async run({ words, options, folder, answer, language }) {
    const market = words[0] as string;
    const known = marketsOf(folder);
    if (!known.includes(market)) throw problem('MARKET_UNKNOWN', { market: market.slice(0, 16), known: known.join(', ') });
    const to = options['to'] === undefined ? undefined : Number(options['to']);
    if (to !== undefined && !(Number.isSafeInteger(to) && to > 0))
      throw badUsage('replay', say(language, '--to 为不小于 1 的序号', '--to is a sequence number from 1 on'));
    const { commands, seconds, stateHash, seq } = await replay(folder.node(market), new MarketNode(market), to);
    answer({ commands, seconds, stateHash, seq }, () =>
      say(
        language,
        `${commands} 条指令，${seconds.toFixed(2)} 秒，序号 ${seq}，状态哈希 ${stateHash}`,
        `${commands} commands in ${seconds.toFixed(2)} s, seq ${seq}, state hash ${stateHash}`,
      ),
    );
    return EXIT.ok;
  },
};
