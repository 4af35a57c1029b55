import { openAccountCentre } from '@meridian/accounts';
import { dateText, parseInstant } from '@meridian/base';
import { type Clearing, openClearing } from '@meridian/clearing';
import { loadMarketFacts } from '@meridian/market';
import { withRecordedOverrides } from '@meridian/reference';
import { openAuditLog } from '@meridian/security';
import type { Database } from '@meridian/store';
import { houseClearingRules } from '../clearing-rules.ts';
import type { DataFolder } from '../data-folder.ts';
import { marketsOf, withDatabase } from './at-house.ts';
import { badUsage, type CliCommand, EXIT, type ExitCode, say, table } from './command.ts';

async function withClearing<T>(folder: DataFolder, work: (clearing: Clearing, database: Database) => Promise<T>): Promise<T> {
  return withDatabase(folder, async (database) => {
    const accountCentre = openAccountCentre({ pool: database });
    const clearing = openClearing({
      pool: database,
      accountCentre,
      facts: {
        market: await withRecordedOverrides(database, loadMarketFacts()),
        rules: houseClearingRules(folder, marketsOf(folder)),
      },
      dropDir: folder.drop,
      outDir: folder.reports,
    });
    try {
      return await work(clearing, database);
    } finally {
      await clearing.close();
      await accountCentre.close();
    }
  });
}

/** CL-c: one batch by hand, under the same locks as the scheduler. `-` names the client day. */
export const clearRun: CliCommand = {
  name: 'clear run',
  words: ['MIC'],
  help: { zh: '手工运行一个批次', en: 'Run one batch by hand (- for the client day)' },
  options: {
    date: { type: 'string', help: { zh: '业务日 YYYY-MM-DD', en: 'business date YYYY-MM-DD' } },
    from: { type: 'string', help: { zh: '自该步骤重跑', en: 'run again from this step' } },
    reason: { type: 'string', help: { zh: '原因', en: 'why' } },
  },
  run: ({ words, options, folder, answer, language }) =>
    withClearing(folder, async (clearing, database): Promise<ExitCode> => {
      const mic = words[0] as string;
      const date = dateText(String(options['date'] ?? ''));
      const from = options['from'] === undefined ? 0 : Number(options['from']);
      if (!(Number.isSafeInteger(from) && from >= 0))
        throw badUsage('clear run', say(language, '--from 为步骤序号', '--from is the number of a step'));
      const reason = typeof options['reason'] === 'string' ? options['reason'] : 'by hand';
      const audit = openAuditLog(database, folder.keys);
      const record = (outcome: string) =>
        audit.record({
          actor: 'clearing operator',
          duty: 'clearing',
          action: 'clear run',
          target: `${mic} ${date}`,
          params: { market: mic, date },
          outcome,
        });
      const at = await businessNow(database);
      // A run that nothing follows was cut off: its batch says how far it came.
      await record('begun');
      const outcome = await clearing
        .run(mic, date, 'clearing operator', at, { fromStep: from, reason })
        .catch(async (error: unknown) => {
          await record(`refused: ${(error as { code?: string }).code ?? 'failed'}`);
          throw error;
        });
      await record(outcome.state);
      answer(outcome, () =>
        say(
          language,
          `批次 ${outcome.batch} 第 ${outcome.attempt} 次：${outcome.state}`,
          `Batch ${outcome.batch}, attempt ${outcome.attempt}: ${outcome.state}`,
        ),
      );
      return outcome.state === 'succeeded' ? EXIT.ok : EXIT.fault;
    }),
};

/** CL-d: every batch, where it stands and why. */
export const clearStatus: CliCommand = {
  name: 'clear status',
  words: [],
  help: { zh: '批次及其步骤', en: 'Batches and their steps' },
  options: {},
  run: ({ folder, answer, language }) =>
    withClearing(folder, async (clearing): Promise<ExitCode> => {
      const { batches, mail } = await clearing.status();
      const detailed = await Promise.all(
        batches.filter((line) => line.attempt > 0).map((line) => clearing.batch(line.market, line.clearingDate)),
      );
      answer({ batches, mail, detailed }, () => {
        const head = [
          say(language, '批次', 'batch'),
          say(language, '业务日', 'business date'),
          say(language, '状态', 'state'),
          say(language, '次', 'attempt'),
          say(language, '步骤', 'step'),
          say(language, '原因', 'reason'),
        ];
        const rows = batches.map((line) => [
          line.batch,
          line.clearingDate,
          line.state,
          line.attempt,
          line.step ?? '',
          line.reason ?? '',
        ]);
        const steps = detailed.map(
          (batch) =>
            `${batch.batch}\n${table(
              ['', say(language, '步骤', 'step'), '', say(language, '入', 'in'), say(language, '出', 'out'), ''],
              batch.steps.map((step) => [
                step.step,
                step.name,
                step.state,
                step.rowsIn,
                step.rowsOut,
                step.outputHash?.slice(0, 12) ?? '',
              ]),
            )}`,
        );
        return [
          table(head, rows),
          '',
          ...steps,
          '',
          say(language, `邮件：已寄 ${mail.sent}，待寄 ${mail.queued}`, `mail: ${mail.sent} sent, ${mail.queued} queued`),
        ].join('\n');
      });
      return batches.some((line) => line.state === 'failed') ? EXIT.fault : EXIT.ok;
    }),
};

/** The newest business instant the books know: a batch by hand is published now, in the business's time. */
async function businessNow(database: Database): Promise<number> {
  const { rows } = await database.query<{ at: bigint | null }>('SELECT max(at) AS at FROM accounts.command');
  return Number(rows[0]?.at ?? parseInstant('2013-10-07T00:00:00Z'));
}
