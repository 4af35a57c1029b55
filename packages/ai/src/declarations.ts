import { entity, type FieldLine, logFields, type Shape } from '@meridian/catalog';
import { auditParams } from '@meridian/security';

/** The class of every column of this room. DS-1, DS-2, AI-1. */

type Lines = Readonly<Record<string, FieldLine>>;

const shared = { like: 'record', owner: 'risk', purpose: ['risk', 'audit'] } as const;
const columns = (type: string, ...keys: readonly string[]): Record<string, FieldLine> =>
  Object.fromEntries(keys.map((key) => [key, type]));
const text = (...keys: readonly string[]) => columns('text', ...keys);
const instants = (...keys: readonly string[]) => columns('timestamptz', ...keys);
const dates = (...keys: readonly string[]) => columns('date', ...keys);
const json = (...keys: readonly string[]) => columns('jsonb', ...keys);

/** One of the firm's people, by sign-in name. */
const PERSON: FieldLine = { type: 'text', sensitive: true, pi: 'pi', jrt0197: 3, mask: 'name' };
const people = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, PERSON]));
/** Leads to a client's account. */
const TOKEN: FieldLine = {
  ...{ type: 'text', sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'account', origin: 'CN' },
};
/** What a model was told of a client, or says of one. Nothing learns from it without an approval. */
const STANDING = { sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full', origin: 'CN', ai: 'approved' } as const;
const standing = (type: string): FieldLine => ({ type, ...STANDING });

function table(name: string, zh: string, en: string, lines: Lines, access: 'append' | 'write' = 'append'): void {
  entity(`ai.${name}`, { ...shared, title: { zh, en }, access }, lines);
}

table('model', '模型', 'models', {
  ...text('use_case', 'tier', 'title', 'rule', 'owner_team'),
  ...people('owner'),
  ...instants('opened_at'),
});
table('artefact', '模型文件', 'model artefacts', text('sha256', 'body'));
table('dataset', '数据集', 'data sets', {
  ...text('id', 'sha256', 'title', 'source', 'licence', 'legal_basis', 'class', 'simulated', 'residency'),
  ...{ may_ship: 'boolean', row_count: 'bigint' },
  ...dates('first_date', 'last_date'),
  ...json('sampling', 'quality'),
  ...instants('recorded_at'),
});
table(
  'model_version',
  '模型版本',
  'model versions',
  {
    ...text(
      'id',
      'use_case',
      'tier',
      'owner_team',
      'artefact_sha256',
      'code_version',
      'environment',
      'state',
      'validator_team',
    ),
    ...people('operator', 'validator', 'promoter'),
    ...{ no: 'integer', iterations: 'integer', round: 'integer', seed: 'bigint' },
    ...json('params'),
    ...dates('trained_from', 'trained_to'),
    ...instants('started_at', 'ended_at', 'registered_at', 'since', 'approved_until'),
  },
  'write',
);
table('version_author', '模型作者', 'who made a version', { ...text('version'), ...people('author') });
table('version_dataset', '版本所用数据', 'what a version learnt from', text('version', 'dataset', 'role'));
table('validation_run', '独立验证结果', 'validation results', {
  ...{ no: 'bigint', round: 'integer', passed: 'boolean' },
  ...text('version', 'suite', 'test_case', 'metric', 'team', 'report_sha256'),
  ...columns('float8', 'value', 'low', 'high', 'threshold'),
  ...people('validator'),
  ...instants('at'),
});
table('reliability_bin', '可靠性分组', 'what was said beside what happened', {
  ...{ no: 'bigint', round: 'integer', bin: 'integer', row_count: 'bigint' },
  ...text('version', 'source', 'team', 'report_sha256'),
  ...columns('float8', 'low', 'high', 'predicted', 'observed'),
  ...people('validator'),
  ...instants('at'),
});
table('approval', '批准签署', 'signatures of approval', {
  ...text('version', 'team', 'duty', 'comment'),
  ...{ round: 'integer' },
  ...people('approver'),
  ...instants('at'),
});
table('legal_transition', '合法状态转换', 'legal transitions', text('transition', 'from_state', 'to_state', 'duty'));
table('transition', '状态转换', 'transitions of versions', {
  ...{ no: 'bigint', audit_no: 'bigint' },
  ...text('version', 'transition', 'from_state', 'to_state', 'team', 'duty', 'reason'),
  ...people('actor'),
  ...instants('at'),
});
table(
  'deployment',
  '上线记录',
  'what answered when',
  { no: 'bigint', ...text('version', 'route'), ...instants('opened_at', 'closed_at') },
  'write',
);
table('mode_change', '模型总开关', 'switchings of all models', {
  ...{ no: 'bigint', audit_no: 'bigint' },
  ...text('mode', 'team', 'duty', 'reason'),
  ...people('actor'),
  ...instants('at'),
});
table('decision', '模型决策日志', 'decision log', {
  ...{ no: 'bigint', business_date: 'date' },
  ...text('use_case', 'route', 'version', 'artefact_sha256', 'fallback', 'outcome', 'tier', 'prev_hash', 'hash'),
  subject: TOKEN,
  ...Object.fromEntries(['input', 'reasons', 'counterfactual'].map((key) => [key, standing('jsonb')])),
  ...Object.fromEntries(['explanation_zh', 'explanation_en'].map((key) => [key, standing('text')])),
  score: standing('float8'),
  threshold: 'float8',
  latency_us: 'bigint',
  ...instants('at', 'recorded_at'),
});
table('decision_head', '决策日志链头', 'head of the decision log', { one: 'boolean', no: 'bigint', hash: 'text' }, 'write');
table('decision_outcome', '决策的实际结果', 'what came of a decision', {
  decision: 'bigint',
  happened: { ...STANDING, type: 'boolean' },
  ...instants('known_at'),
});
table(
  'review_item',
  '复核事项',
  'review items',
  {
    ...{ no: 'bigint', decision: 'bigint' },
    subject: TOKEN,
    ...text('use_case', 'duty', 'action', 'state'),
    ...instants('raised_at', 'due_at', 'ended_at'),
  },
  'write',
);
table('review_verdict', '复核结论', 'verdicts of reviews', {
  item: 'bigint',
  ...text('verdict', 'reason', 'team', 'duty'),
  ...people('reviewer'),
  ...instants('at'),
  audit_no: 'bigint',
});

/** What model commands note of themselves in the audit log. */
const AUDIT_PARAMS = {
  ...{ version: 'text', use_case: 'text', transition: 'text', from_state: 'text', to_state: 'text', team: 'text' },
  ...{ artefact: 'text', dataset: 'text', suites: 'integer', passed: 'boolean', item: 'integer', verdict: 'text' },
  ...{ decision: 'bigint', decision_hash: 'text', mode: 'text' },
} as const;
auditParams('ai', AUDIT_PARAMS);

/** What this room notes in the audit log, for comparison with what is declared. */
export const aiShapes: readonly Shape[] = [{ kind: 'message', entity: 'ai.audit_param', fields: Object.keys(AUDIT_PARAMS) }];

logFields('ai', { version: 'text', fault: 'text', reason: 'text', use_case: 'text', decisions: 'integer' });
