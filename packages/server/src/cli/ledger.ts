import { ledgerVerify } from '@meridian/accounts';
import { withDatabase } from './at-house.ts';
import { type CliCommand, EXIT, say } from './command.ts';

/** Proves the books: every journal balances, balances are their postings, nothing was changed. */
export const ledgerVerifyCommand: CliCommand = {
  name: 'ledger verify',
  words: [],
  help: { zh: '校验账簿', en: 'Prove the books' },
  options: {},
  run: ({ folder, answer, language }) =>
    withDatabase(folder, async (database) => {
      const verdict = await ledgerVerify(database);
      const { fault } = verdict;
      answer(verdict, () =>
        fault === null
          ? say(
              language,
              `账簿平衡：${verdict.journals} 笔分录，${verdict.postings} 条过账`,
              `The books hold: ${verdict.journals} journals, ${verdict.postings} postings`,
            )
          : say(language, `首个差错：${fault}`, `First fault: ${fault}`),
      );
      return fault === null ? EXIT.ok : EXIT.fault;
    }),
};
