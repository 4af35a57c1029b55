import { type Actor, COMMAND_NAMES, type CommandName, type ModelRegistry, openRegistry, TRANSITIONS } from '@meridian/ai';
import { type Instant, wallClock } from '@meridian/base';
import { openAuditLog, type UserDuty } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { DataFolder } from '../data-folder.ts';
import { withDatabase } from './at-house.ts';
import { badUsage, type CliCommand, EXIT, type Invocation, say } from './command.ts';

/** Lends the model registry of a house. */
export function withRegistry<T>(
  folder: DataFolder,
  work: (registry: ModelRegistry, database: Database) => Promise<T>,
): Promise<T> {
  return withDatabase(folder, (database) =>
    work(openRegistry({ database, audit: openAuditLog(database, folder.keys) }), database),
  );
}

/** The newest business instant that the books know: shadows and approvals are counted in the business's time. */
export async function governanceNow(database: Database): Promise<Instant> {
  const { rows } = await database.query<{ at: bigint | null }>('SELECT max(at) AS at FROM accounts.command');
  const at = rows[0]?.at ?? null;
  return at === null ? wallClock.now() : Number(at);
}

export const ACTOR_OPTIONS = {
  user: { type: 'string', help: { zh: '操作者', en: 'who acts' } },
  team: { type: 'string', help: { zh: '所属团队', en: 'of which team' } },
} as const;

/** Who acts, as the operator of this machine states it; it stands in the audit log so. */
export function actorOf(name: string, { options, language }: Invocation, duty: Actor['duty']): Actor {
  const { user, team } = options;
  if (duty === 'operator') return { user: 'operator', team: 'house', duty };
  if (typeof user !== 'string' || typeof team !== 'string')
    throw badUsage(name, say(language, '需要 --user 与 --team', '--user and --team are needed'));
  return { user, team, duty };
}

/** Who may stop a model without giving a name. */
const STOPS: readonly CommandName[] = ['suspend', 'rollback'];
/** Done by `model validate`, or by the house itself. */
const ELSEWHERE: readonly CommandName[] = ['pass', 'fail', 'expire'];

const HELP: Readonly<Record<Exclude<CommandName, 'pass' | 'fail' | 'expire'>, readonly [zh: string, en: string]>> = {
  submit: ['提交模型版本', 'Submit a draft'],
  assign: ['承接独立验证', 'Take a validation'],
  approve: ['签署批准', 'Sign an approval'],
  decline: ['否决批准', 'Decline an approval'],
  deploy: ['影子部署', 'Put into the shadow'],
  canary: ['灰度部署', 'Send to the canary'],
  promote: ['转为主用', 'Make it the champion'],
  rollback: ['回退至备用版本或规则', 'Go back to the version standing by, or to the rules'],
  suspend: ['停用', 'Suspend'],
  reinstate: ['复验后恢复影子', 'Back into the shadow after validation'],
  revalidate: ['重新验证', 'Validate anew'],
  retire: ['退役', 'Retire'],
};

/** AI-a: one command for each move of a model's life. */
export const modelMoves: readonly CliCommand[] = COMMAND_NAMES.filter((name) => !ELSEWHERE.includes(name)).map((name) => {
  const [zh, en] = HELP[name as keyof typeof HELP];
  const duties: readonly string[] = TRANSITIONS[name].duties.filter((duty) => duty !== 'system');
  return {
    name: `model ${name}`,
    words: ['VERSION'],
    help: { zh, en },
    options: {
      ...ACTOR_OPTIONS,
      duty: { type: 'string', help: { zh: `职责：${duties.join('、')}`, en: `duty: ${duties.join(', ')}` } },
      reason: { type: 'string', help: { zh: '原因', en: 'why' } },
    },
    run(invocation) {
      const { words, options, folder, answer, language } = invocation;
      const byOperator = STOPS.includes(name) && options['user'] === undefined;
      const duty = byOperator ? 'operator' : (options['duty'] ?? (duties.length === 1 ? duties[0] : undefined));
      if (typeof duty !== 'string' || !duties.includes(duty))
        throw badUsage(
          `model ${name}`,
          say(language, `--duty 为 ${duties.join('、')} 之一`, `--duty is one of ${duties.join(', ')}`),
        );
      const actor = actorOf(`model ${name}`, invocation, duty as UserDuty | 'operator');
      return withRegistry(folder, async (registry, database) => {
        const reason = typeof options['reason'] === 'string' ? options['reason'] : 'by hand';
        const command = { name, version: words[0] as string, actor, at: await governanceNow(database) };
        const steps = (await registry.command(command, reason)).map(({ transition, before, after }) => ({
          ...{ version: before.version, transition, from: before.state, to: after.state, signatures: after.signatures.length },
        }));
        answer(steps, () => steps.map(({ version, from, to }) => `${version}: ${from} → ${to}`).join('\n'));
        return EXIT.ok;
      });
    },
  };
});
