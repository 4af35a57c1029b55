import { type DateText, dateText, formatInstant, type Instant } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { type CliCommand, EXIT, table } from './command.ts';

/** One session of `meridian calendar --json`. UTC; null where the market takes no break. */
interface SessionRow {
  readonly date: DateText;
  readonly open: string;
  readonly break_start: string | null;
  readonly break_end: string | null;
  readonly close: string;
}

/** TC-5, CL-b. Answers from the shipped facts: it needs no running house. */
export const calendar: CliCommand = {
  name: 'calendar',
  words: ['MIC'],
  help: { zh: '市场交易日与时段（UTC）', en: "A market's sessions in UTC" },
  options: {
    from: { type: 'string', help: { zh: '起始日 YYYY-MM-DD（含）', en: 'first date YYYY-MM-DD, included' } },
    to: { type: 'string', help: { zh: '结束日 YYYY-MM-DD（含）', en: 'last date YYYY-MM-DD, included' } },
  },
  async run({ words, options, answer }) {
    const from = dateText(String(options['from'] ?? ''));
    const to = dateText(String(options['to'] ?? ''));
    const sessions = loadMarketFacts().calendar.sessions(words[0] as string, from, to);
    const rows: SessionRow[] = sessions.map((session) => ({
      date: session.date,
      open: second(session.open) as string,
      break_start: second(session.breakStart),
      break_end: second(session.breakEnd),
      close: second(session.close) as string,
    }));
    answer(rows, () =>
      table(
        ['date', 'open', 'break_start', 'break_end', 'close'],
        rows.map((row) => [row.date, row.open, row.break_start ?? '', row.break_end ?? '', row.close]),
      ),
    );
    return EXIT.ok;
  },
};

function second(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant).replace('.000Z', 'Z');
}
