import { closed, Type } from '@meridian/base';
import { route } from './route.ts';
import { as, Both, Count, Id, InstantText, List, OneOf, OrNull, PAGE_QUERY, Page, resource, Text, Token } from './shape.ts';

const meta = { owner: 'risk', purpose: ['risk'] } as const;
export const MODEL_STATES = [
  'draft',
  'submitted',
  'in-validation',
  'validated',
  'rejected',
  'approved',
  'shadow',
  'canary',
  'champion',
  'standby',
  'retired',
  'suspended',
] as const;
export const ModelVersion = resource(
  'modelVersion',
  { zh: '模型版本', en: 'Model version' },
  {
    version: Token(),
    model: Token(),
    useCase: Token(),
    tier: Token(8),
    state: OneOf(MODEL_STATES),
    artefactHash: Token(64),
    owner: as('token', Token()),
    trained: OrNull(InstantText('wall')),
    expires: OrNull(InstantText()),
    live: Type.Boolean(),
    moves: List(
      resource(
        'modelMove',
        { zh: '可行步骤', en: 'Move open to somebody' },
        { to: Token(), duty: Token(), mine: Type.Boolean() },
        meta,
      ),
      12,
    ),
    revision: Count(),
  },
  meta,
);
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
/** Of the newest validation, on rows later in time than all training: bins of equal count, by score, ascending. */
const ReliabilityBin = resource(
  'reliabilityBin',
  { zh: '可靠性分组', en: 'Rows with neighbouring scores' },
  {
    low: Share('Least score among them: a probability, 0.05 is 5 %'),
    high: Share('Greatest score among them: a probability'),
    count: Count(),
    predicted: Share('Mean of their scores: a probability'),
    observed: Share('Share of them to which it happened'),
  },
  meta,
);
export const ModelDetail = resource(
  'modelDetail',
  { zh: '模型详情', en: 'Model in full' },
  {
    version: ModelVersion,
    card: Type.Record(Type.String(), Type.Unknown()),
    datasets: List(
      resource(
        'modelDataset',
        { zh: '数据集', en: 'Dataset' },
        {
          dataset: Token(128),
          source: Text(400),
          licence: Text(200),
          class: Token(),
          rows: Count(),
          legalBasis: Text(400),
          sha256: Token(64),
        },
        meta,
      ),
      50,
    ),
    validations: List(
      resource(
        'validationRun',
        { zh: '验证结果', en: 'Validation' },
        {
          suite: Token(),
          case: Token(),
          metric: Token(),
          value: OrNull(Type.Number()),
          low: OrNull(Type.Number()),
          high: OrNull(Type.Number()),
          threshold: OrNull(Type.Number()),
          passed: Type.Boolean(),
          by: as('token', Token()),
          at: InstantText(),
        },
        meta,
      ),
      500,
    ),
    reliability: OrNull(
      resource(
        'modelReliability',
        { zh: '可靠性：预测与实际', en: 'Reliability: predicted and happened' },
        { model: List(ReliabilityBin, 100), rule: List(ReliabilityBin, 100), by: as('token', Token()), at: InstantText() },
        meta,
      ),
    ),
    transitions: List(
      resource(
        'modelTransition',
        { zh: '状态变更', en: 'Transition' },
        { at: InstantText(), from: Token(), to: Token(), by: as('token', Token()), duty: Token(), reason: Text(400) },
        meta,
      ),
      500,
    ),
  },
  meta,
);
export const Decision = resource(
  'decision',
  { zh: 'AI 决定', en: 'Decision' },
  {
    decision: Token(),
    at: InstantText(),
    useCase: Token(),
    route: OneOf(['model', 'rules']),
    version: OrNull(Token()),
    artefactHash: OrNull(Token(64)),
    master: as('token', OrNull(Id())),
    client: as('token', OrNull(Id())),
    token: as('token', OrNull(Token())),
    score: OrNull(Type.Number()),
    threshold: Type.Number(),
    outcome: Token(),
    reasons: List(
      resource(
        'decisionReason',
        { zh: '理由', en: 'Reason' },
        { code: Token(), text: Both(), weight: OrNull(Type.Number()) },
        meta,
      ),
      10,
    ),
    explanation: Both(),
    counterfactual: OrNull(Both()),
    fault: OrNull(Token()),
    latencyMicroseconds: Count(),
    review: OrNull(
      resource(
        'review',
        { zh: '人工复核', en: 'Review' },
        {
          review: Token(),
          state: OneOf(['waiting', 'confirmed', 'vetoed', 'lapsed']),
          due: InstantText(),
          by: as('token', OrNull(Token())),
          reason: OrNull(Text(400)),
        },
        meta,
      ),
    ),
  },
  meta,
);
export const ModelMove = closed({ to: OneOf(MODEL_STATES), reason: Token(400) }, { $id: 'ModelMoveRequest' });
export const ReviewVerdict = closed({ verdict: OneOf(['confirm', 'veto']), reason: Token(400) }, { $id: 'ReviewVerdict' });
export const AiState = resource(
  'aiState',
  { zh: 'AI 状态', en: 'State of the models' },
  {
    mode: OneOf(['model', 'rules', 'off']),
    breaker: OneOf(['closed', 'open', 'half-open']),
    champion: OrNull(Token()),
    decisions: Count(),
    fallbacks: Count(),
    reviews: Count(),
    replay: OrNull(
      resource(
        'replayProof',
        { zh: '决定重放', en: 'Replay' },
        { decisions: Count(), exact: Type.Boolean(), at: InstantText() },
        meta,
      ),
    ),
  },
  meta,
);

const version = closed({ version: Token() });
export const MODEL_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/ai',
    tag: 'models',
    summary: { zh: 'AI 状态', en: 'State of the models' },
    action: 'model.read',
    answer: AiState,
  }),
  route({
    method: 'PUT',
    path: '/v1/ai/mode',
    tag: 'models',
    summary: { zh: '关闭或恢复 AI', en: 'Switch the models off or on' },
    action: 'model.switch',
    body: closed({ mode: OneOf(['model', 'rules']), reason: Token(400) }),
    answer: AiState,
  }),
  route({
    method: 'GET',
    path: '/v1/models',
    tag: 'models',
    summary: { zh: '模型', en: 'Models' },
    action: 'model.read',
    answer: List(ModelVersion, 500),
  }),
  route({
    method: 'GET',
    path: '/v1/models/{version}',
    tag: 'models',
    summary: { zh: '模型详情', en: 'One model' },
    action: 'model.read',
    params: version,
    answer: ModelDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/models/{version}/register',
    tag: 'models',
    summary: { zh: '提交', en: 'Owner moves it on' },
    action: 'model.register',
    params: version,
    body: ModelMove,
    answer: ModelDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/models/{version}/validate',
    tag: 'models',
    summary: { zh: '验证', en: 'Validator moves it on' },
    action: 'model.validate',
    params: version,
    body: ModelMove,
    answer: ModelDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/models/{version}/approve',
    tag: 'models',
    summary: { zh: '批准', en: 'Approve' },
    action: 'model.approve',
    params: version,
    body: ModelMove,
    answer: ModelDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/models/{version}/deploy',
    tag: 'models',
    summary: { zh: '部署', en: 'Deploy' },
    action: 'model.deploy',
    params: version,
    body: ModelMove,
    answer: ModelDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/models/{version}/suspend',
    tag: 'models',
    summary: { zh: '停用', en: 'Suspend' },
    action: 'model.suspend',
    params: version,
    body: ModelMove,
    answer: ModelDetail,
  }),
  route({
    method: 'GET',
    path: '/v1/decisions',
    tag: 'models',
    summary: { zh: 'AI 决定', en: 'Decisions' },
    action: 'decision.read',
    query: closed({ ...PAGE_QUERY, review: Type.Optional(Token(16)) }),
    answer: Page(Decision),
  }),
  route({
    method: 'POST',
    path: '/v1/decisions/{decision}/review',
    tag: 'models',
    summary: { zh: '确认或否决', en: 'Confirm or veto' },
    action: 'review.decide',
    params: closed({ decision: Token() }),
    body: ReviewVerdict,
    answer: Decision,
  }),
] as const;
