import { openAuditLog } from '@meridian/security';
import { withDatabase } from './at-house.ts';
import { type CliCommand, EXIT, say } from './command.ts';

/** DS-7, DS-10: proves the chain of operator commands, or names its first fault. */
export const auditVerify: CliCommand = {
  name: 'audit verify',
  words: [],
  help: { zh: '校验操作审计链', en: 'Prove the audit log of operator commands' },
  options: {},
  run: ({ folder, answer, language }) =>
    withDatabase(folder, async (database) => {
      const { entries, fault } = await openAuditLog(database, folder.keys).verify();
      answer(
        { entries: Number(entries), fault: fault === undefined ? null : { no: Number(fault.no), kind: fault.kind } },
        () =>
          fault === undefined
            ? say(language, `审计链完整，共 ${entries} 条`, `The audit log is whole: ${entries} entries`)
            : say(language, `第 ${fault.no} 条有误：${fault.kind}`, `First fault at entry ${fault.no}: ${fault.kind}`),
      );
      return fault === undefined ? EXIT.ok : EXIT.fault;
    }),
};
