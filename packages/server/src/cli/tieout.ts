import { tieOut } from '../tieout.ts';
import { marketsOf, runningHouse, withDatabase } from './at-house.ts';
import { type CliCommand, EXIT, say, table } from './command.ts';

/** While the house runs, rooms are a moment apart: so many looks before a difference counts. */
const LOOKS_MAX = 20;
const PAUSE_MS = 250;

export const tieoutCommand: CliCommand = {
  name: 'tieout',
  words: [],
  help: { zh: '节点 = 账户 = 风险 = 交易所', en: 'Node = accounts = risk = venue, in quantities and value' },
  options: {},
  run: ({ folder, answer, language, progress }) =>
    withDatabase(folder, async (database) => {
      const looks = runningHouse(folder) === undefined ? 1 : LOOKS_MAX;
      let result = await tieOut(folder, marketsOf(folder), database);
      for (let look = 1; look < looks && result.differences > 0; look++) {
        progress(say(language, `${result.differences} 处不一致，再看一次`, `${result.differences} differences, looking again`));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        result = await tieOut(folder, marketsOf(folder), database);
      }
      answer(result, () => {
        const rows = result.lines.map((line) => [
          line.agrees ? '=' : '≠',
          line.what,
          line.key,
          Object.entries(line.figures)
            .map(([room, figure]) => `${room} ${figure}`)
            .join('  '),
        ]);
        const verdict =
          result.differences === 0
            ? say(language, '全部一致', 'Everything agrees')
            : say(language, `${result.differences} 处不一致`, `${result.differences} differences`);
        return `${table(['', say(language, '项目', 'figure'), say(language, '键', 'key'), ''], rows)}\n\n${verdict}`;
      });
      return result.differences === 0 ? EXIT.ok : EXIT.fault;
    }),
};
