import fs from 'node:fs';
import process from 'node:process';
import {
  MARGIN_SHORTFALL,
  openArtefact,
  openDecisionLog,
  readPriceHistory,
  TRAINING_CODE,
  type Trained,
  trainEarlyWarning,
  validateEarlyWarning,
} from '@meridian/ai';
import { formatInstant, wallClock } from '@meridian/base';
import { openAuditLog } from '@meridian/security';
import { withDatabase } from './at-house.ts';
import { badUsage, type CliCommand, EXIT, type ExitCode, type Invocation, say, table } from './command.ts';
import { ACTOR_OPTIONS, actorOf, governanceNow, withRegistry } from './model-govern.ts';

const PROVENANCE_OPTIONS = {
  source: { type: 'string', help: { zh: '数据来源', en: 'where the data come from' } },
  licence: { type: 'string', help: { zh: '数据许可', en: 'licence of the data' } },
  'may-ship': { type: 'boolean', help: { zh: '许可允许随程序分发', en: 'the licence lets the model be handed on' } },
  seed: { type: 'string', help: { zh: '随机种子，默认 1', en: 'seed; default 1' } },
} as const;

/** AI-1: data without a source and a licence are not learnt from. */
function provenanceOf(name: string, { options, language }: Invocation) {
  const { source, licence } = options;
  const seed = Number(options['seed'] ?? 1);
  if (typeof source !== 'string' || typeof licence !== 'string')
    throw badUsage(name, say(language, '需要 --source 与 --licence', '--source and --licence are needed'));
  if (!Number.isSafeInteger(seed) || seed < 0 || seed > 0xffff_ffff)
    throw badUsage(name, say(language, '--seed 为非负整数', '--seed is a whole number'));
  return { provenance: { source, licence, mayShip: options['may-ship'] === true }, seed };
}

/** AI-1, AI-a: trains from a price history; the same file and seed give the same bytes. A refused model is told and not registered. */
export const modelTrain: CliCommand = {
  name: 'model train',
  words: ['FILE'],
  help: { zh: '由价格历史训练模型', en: 'Train a model from a price history' },
  options: {
    'use-case': { type: 'string', help: { zh: '用途，默认 margin-shortfall', en: 'use case; default margin-shortfall' } },
    ...PROVENANCE_OPTIONS,
    out: { type: 'string', help: { zh: '写入模型文件', en: 'write the model to this file' } },
    register: { type: 'boolean', help: { zh: '登记为草稿', en: 'register it as a draft' } },
    ...ACTOR_OPTIONS,
  },
  async run(invocation): Promise<ExitCode> {
    const { words, options, folder, answer, language, progress } = invocation;
    if ((options['use-case'] ?? MARGIN_SHORTFALL) !== MARGIN_SHORTFALL)
      throw badUsage('model train', say(language, '用途只有 margin-shortfall', 'the only use case is margin-shortfall'));
    const { provenance, seed } = provenanceOf('model train', invocation);
    const begun = wallClock.now();
    const history = readPriceHistory(words[0] as string);
    progress(say(language, `${history.series.length} 个标的`, `${history.series.length} instruments`));
    const trained = trainEarlyWarning(history, seed, provenance);
    const { artefact, verdict } = trained;
    if (typeof options['out'] === 'string') fs.writeFileSync(options['out'], `${artefact.body}\n`);
    const isKept = options['register'] === true && verdict.holds;
    const version = isKept ? await registerTrained(invocation, trained, seed, begun) : null;
    answer(
      {
        ...{ sha256: artefact.sha256, version, holds: verdict.holds, reasons: verdict.reasons, figures: verdict.figures },
        ...{ dataset: trained.dataset, rows: trained.rows, iterations: trained.iterations, runs: verdict.runs },
      },
      () => trainedText(trained, version, language),
    );
    return verdict.holds ? EXIT.ok : EXIT.refused;

    async function registerTrained(by: Invocation, made: Trained, withSeed: number, startedAt: number): Promise<string> {
      const actor = actorOf('model train', by, 'model-owner');
      return withRegistry(folder, async (registry, database) => {
        const at = await governanceNow(database);
        const known = (await registry.cases()).some(({ useCase }) => useCase === MARGIN_SHORTFALL);
        if (!known)
          await registry.openCase(
            {
              ...{ useCase: MARGIN_SHORTFALL, tier: 'T2', title: '保证金不足预警 · margin shortfall early warning' },
              ...{ rule: '2Φ(−DtB)', owner: actor.user, ownerTeam: actor.team },
            },
            ...([actor, at] as const),
          );
        await registry.recordDataset(made.dataset, actor, at);
        const training = {
          ...{ params: { threshold: made.artefact.model.threshold }, codeVersion: TRAINING_CODE, seed: withSeed, startedAt },
          ...{ environment: `node ${process.version}`, trainedFrom: made.trainedFrom, trainedTo: made.trainedTo },
          ...{ endedAt: wallClock.now(), iterations: made.iterations },
        };
        const datasets = [{ dataset: made.dataset.id, role: 'training' }] as const;
        return registry.register(
          { useCase: MARGIN_SHORTFALL, artefact: made.artefact.body, training, authors: [], datasets },
          ...([actor, at] as const),
        );
      });
    }
  },
};

function trainedText({ artefact, verdict, rows }: Trained, version: string | null, language: Invocation['language']): string {
  const head = ['', say(language, '对数损失', 'log loss'), 'Brier', 'AUC', 'ECE'];
  const figures = (['model', 'rule'] as const).map((who) => {
    const { logLoss, brier, auc, ece } = verdict.figures[who];
    return [
      say(language, who === 'model' ? '模型' : '规则', who),
      ...[logLoss, brier, auc, ece].map((each) => each.toFixed(4)),
    ];
  });
  const told = verdict.holds
    ? say(language, '通过门槛', 'the gate holds')
    : `${say(language, '门槛拒绝', 'the gate refuses')}\n${verdict.reasons.map((reason) => `  ${reason}`).join('\n')}`;
  return [
    `${artefact.sha256}${version === null ? '' : `  ${version}`}`,
    say(language, `训练 ${rows.fit} 行，检验 ${rows.test} 行`, `${rows.fit} rows to learn from, ${rows.test} to be judged on`),
    ...[table(head, figures), told],
  ].join('\n');
}

/** AI-a: an independent validator runs the gate on a history of their own choice; the version passes or is rejected. */
export const modelValidate: CliCommand = {
  name: 'model validate',
  words: ['VERSION', 'FILE'],
  help: { zh: '独立验证并定论', en: 'Validate independently: pass or reject' },
  options: { ...PROVENANCE_OPTIONS, ...ACTOR_OPTIONS },
  run: (invocation) =>
    withRegistry(invocation.folder, async (registry, database): Promise<ExitCode> => {
      const { words, answer, language } = invocation;
      const [version, file] = words as [string, string];
      const { provenance, seed } = provenanceOf('model validate', invocation);
      const actor = actorOf('model validate', invocation, 'model-validator');
      const hash = (await registry.versions()).find((each) => each.version === version)?.artefact;
      const body = hash === undefined ? undefined : await registry.artefact(hash);
      if (body === undefined) throw badUsage('model validate', say(language, `没有版本 ${version}`, `no version ${version}`));
      const { verdict } = validateEarlyWarning(openArtefact(body), readPriceHistory(file), seed, provenance);
      const at = await governanceNow(database);
      await registry.recordValidation(version, verdict, JSON.stringify(verdict), actor, at);
      const name = verdict.holds ? 'pass' : 'fail';
      await registry.command({ name, version, actor, at }, verdict.reasons.join('; ') || `validated on ${file}`);
      answer({ version, ...verdict }, () =>
        [`${version}: ${verdict.holds ? 'VALIDATED' : 'REJECTED'}`, ...verdict.reasons.map((reason) => `  ${reason}`)].join(
          '\n',
        ),
      );
      return verdict.holds ? EXIT.ok : EXIT.refused;
    }),
};

/** AI-a: every version and where it stands. */
export const modelList: CliCommand = {
  name: 'model list',
  words: [],
  help: { zh: '模型版本及其状态', en: 'Model versions and where they stand' },
  options: {},
  run: ({ folder, answer, language }) =>
    withRegistry(folder, async (registry): Promise<ExitCode> => {
      const [mode, versions] = [await registry.mode(), await registry.versions()];
      const moment = (at: number | null) => (at === null ? null : formatInstant(at));
      const rows = versions.map(({ since, approvedUntil, registeredAt, ...version }) => ({
        ...version,
        ...{ since: moment(since), approvedUntil: moment(approvedUntil), registeredAt: moment(registeredAt) },
      }));
      answer({ mode, versions: rows }, () => {
        const head = [
          ...[say(language, '版本', 'version'), say(language, '状态', 'state'), say(language, '自', 'since')],
          ...[say(language, '批准至', 'approved until'), 'SHA-256'],
        ];
        const lines = rows.map(({ version, state, since, approvedUntil, artefact }) => [
          ...[version, state, since ?? '', approvedUntil ?? '', artefact.slice(0, 12)],
        ]);
        return `${say(language, '总开关', 'mode')}: ${mode}\n${table(head, lines)}`;
      });
      return EXIT.ok;
    }),
};

/** AI-c: all models off at once, or on again. */
export const modelMode: CliCommand = {
  name: 'model mode',
  words: ['MODE'],
  help: { zh: '模型总开关：model 或 rules', en: 'Switch all models: "model" or "rules"' },
  options: {
    ...ACTOR_OPTIONS,
    reason: { type: 'string', help: { zh: '原因', en: 'why' } },
  },
  run: (invocation) => {
    const { words, options, folder, answer, language } = invocation;
    const mode = words[0] as string;
    if (mode !== 'model' && mode !== 'rules')
      throw badUsage('model mode', say(language, '取 model 或 rules', 'it is "model" or "rules"'));
    const duty = mode === 'rules' && options['user'] === undefined ? 'operator' : 'risk';
    const actor = actorOf('model mode', invocation, duty);
    return withRegistry(folder, async (registry, database): Promise<ExitCode> => {
      const reason = typeof options['reason'] === 'string' ? options['reason'] : 'by hand';
      await registry.setMode(mode, reason, actor, await governanceNow(database));
      answer({ mode }, () => mode);
      return EXIT.ok;
    });
  },
};

/** AI-b, AI-e: what was decided lately, with its reasons. */
export const modelDecisions: CliCommand = {
  name: 'model decisions',
  words: [],
  help: { zh: '决策日志', en: 'What was decided, newest first' },
  options: {
    subject: { type: 'string', help: { zh: '对象，如 "master 7"', en: 'of whom, e.g. "master 7"' } },
    limit: { type: 'string', help: { zh: '条数，默认 50，最多 1000', en: 'how many; default 50, at most 1000' } },
  },
  run: ({ options, folder, answer, language }) =>
    withDatabase(folder, async (database): Promise<ExitCode> => {
      const limit = Number(options['limit'] ?? 50);
      if (!(Number.isSafeInteger(limit) && limit > 0))
        throw badUsage('model decisions', say(language, '--limit 为正整数', '--limit is a positive whole number'));
      const log = openDecisionLog({ database, audit: openAuditLog(database, folder.keys) });
      const { subject } = options;
      const found = await log.list({ limit, ...(typeof subject === 'string' ? { subject } : {}) });
      answer(found, () =>
        found
          .map(
            ({ no, at, subject: whom, route, version, explanationZh, explanationEn }) =>
              `${no}  ${formatInstant(at)}  ${whom}  ${version ?? route}  ${say(language, explanationZh, explanationEn)}`,
          )
          .join('\n'),
      );
      return EXIT.ok;
    }),
};

/** AI-e: proves the decision log and scores everything again, bit for bit; or names the first fault. */
export const modelReplay: CliCommand = {
  name: 'model replay',
  words: [],
  help: { zh: '逐位重放决策日志', en: 'Replay the decision log bit for bit' },
  options: {},
  run: ({ folder, answer, language }) =>
    withDatabase(folder, async (database): Promise<ExitCode> => {
      const log = openDecisionLog({ database, audit: openAuditLog(database, folder.keys) });
      const { decisions, byModel, byRule, fault } = await log.replay();
      const counts = { decisions: Number(decisions), byModel: Number(byModel), byRule: Number(byRule) };
      answer({ ...counts, fault: fault === undefined ? null : { no: Number(fault.no), kind: fault.kind } }, () =>
        fault === undefined
          ? say(language, `${decisions} 条决策逐位重现`, `${decisions} decisions come out again to the bit`)
          : say(language, `第 ${fault.no} 条有误：${fault.kind}`, `First fault at decision ${fault.no}: ${fault.kind}`),
      );
      return fault === undefined ? EXIT.ok : EXIT.fault;
    }),
};

/** All of them, in the order of a model's life. */
export const MODEL_COMMANDS: readonly CliCommand[] = [
  modelTrain,
  modelList,
  modelValidate,
  modelMode,
  modelDecisions,
  modelReplay,
];
