import { closed, Type } from '@meridian/base';
import { BatchBar } from './overview.ts';
import { route } from './route.ts';
import {
  as,
  Both,
  Count,
  DateText,
  InstantText,
  List,
  OneOf,
  OrNull,
  PAGE_QUERY,
  Page,
  resource,
  Text,
  Token,
} from './shape.ts';

const meta = { owner: 'clearing', purpose: ['clearing'] } as const;
export const StepRun = resource(
  'stepRun',
  { zh: '步骤', en: 'Step' },
  {
    step: Count(),
    name: Token(),
    title: Both(),
    state: OneOf(['done', 'inherited', 'running', 'failed', 'waiting']),
    attempt: Count(),
    rowsIn: Count(),
    rowsOut: Count(),
    errors: Count(),
    inputHash: OrNull(Token(128)),
    outputHash: OrNull(Token(128)),
    started: OrNull(InstantText('wall')),
    ended: OrNull(InstantText('wall')),
    summary: Type.Record(Type.String(), Type.Unknown()),
  },
  meta,
);
/** Where and why: file, line, byte, field. CL-d */
export const BatchFault = resource(
  'batchFault',
  { zh: '批次错误', en: 'What went wrong' },
  {
    attempt: Count(),
    step: Count(),
    rule: Token(),
    severity: OneOf(['fatal', 'warning']),
    file: OrNull(Text(200)),
    line: OrNull(Count()),
    byte: OrNull(Count()),
    field: OrNull(Text(64)),
    value: as('hidden', OrNull(Text(400))),
    reason: Both(),
    advice: Both(),
  },
  meta,
);
export const Batch = resource(
  'batch',
  { zh: '批次', en: 'Batch' },
  {
    batch: Token(),
    kind: OneOf(['market', 'client-day']),
    market: Token(8),
    business: Token(),
    date: DateText(),
    state: OneOf(['planned', 'running', 'failed', 'published', 'skipped']),
    attempt: Count(),
    step: OrNull(Token()),
    due: OrNull(InstantText()),
    published: OrNull(InstantText()),
    heldBy: as('token', OrNull(Token())),
    reason: OrNull(Both()),
    outputHash: OrNull(Token(128)),
    version: Count(),
  },
  meta,
);
export const BatchDetail = resource(
  'batchDetail',
  { zh: '批次详情', en: 'Batch in full' },
  {
    batch: Batch,
    attempts: List(
      resource(
        'attempt',
        { zh: '尝试', en: 'Attempt' },
        {
          attempt: Count(),
          parent: OrNull(Count()),
          fromStep: Count(),
          state: Token(),
          trigger: Token(),
          actor: as('token', Token()),
          reason: Text(400),
          started: InstantText('wall'),
          ended: OrNull(InstantText('wall')),
        },
        meta,
      ),
      100,
    ),
    steps: List(StepRun, 20),
    faults: List(BatchFault, 1_000),
    inputs: List(
      resource('batchInput', { zh: '批次输入', en: 'Input' }, { kind: Token(), ref: Text(200), hash: Text(128) }, meta),
      1_000,
    ),
    breaks: List(
      resource(
        'reconBreak',
        { zh: '差异', en: 'Break' },
        {
          recon: Token(),
          key: Text(200),
          kind: Token(),
          field: Token(),
          left: as('hidden', OrNull(Text(200))),
          right: as('hidden', OrNull(Text(200))),
          difference: OrNull(Text(64)),
          severity: Token(),
          state: Token(),
        },
        meta,
      ),
      1_000,
    ),
    bar: BatchBar,
  },
  meta,
);
export const BatchRun = closed(
  { fromStep: Type.Integer({ minimum: 0, maximum: 20 }), reason: Token(400) },
  { $id: 'BatchRun' },
);
/**
 * Something that takes its time: its progress, its log, its end. `problem`: a problem document in the language asked for, with
 * `texts` of title, detail and remedy in `zh` and `en`.
 */
export const Operation = resource(
  'operation',
  { zh: '作业', en: 'Long job' },
  {
    operation: Token(),
    kind: Token(),
    target: Text(200),
    state: OneOf(['running', 'done', 'failed', 'cancelled']),
    progress: OrNull(Type.Number({ minimum: 0, maximum: 1 })),
    by: as('token', Token()),
    started: InstantText('wall'),
    ended: OrNull(InstantText('wall')),
    result: OrNull(Type.Record(Type.String(), Type.Unknown())),
    problem: OrNull(Type.Record(Type.String(), Type.Unknown())),
    log: List(
      resource(
        'operationLine',
        { zh: '作业日志', en: 'Line of the log' },
        { at: InstantText('wall'), text: Both() },
        { like: 'operation' },
      ),
      1_000,
    ),
  },
  meta,
);
const batch = closed({ batch: Token() });
export const CLEARING_ROUTES = [
  route({
    method: 'GET',
    path: '/v1/batches',
    tag: 'batches',
    summary: { zh: '批次', en: 'Batches' },
    action: 'batch.read',
    query: closed({ ...PAGE_QUERY, market: Type.Optional(Token(8)), date: Type.Optional(DateText()) }),
    answer: Page(Batch),
  }),
  route({
    method: 'GET',
    path: '/v1/batches/{batch}',
    tag: 'batches',
    summary: { zh: '批次详情', en: 'One batch' },
    action: 'batch.read',
    params: batch,
    answer: BatchDetail,
  }),
  route({
    method: 'POST',
    path: '/v1/batches/{batch}/run',
    tag: 'batches',
    summary: { zh: '自步骤重跑', en: 'Run again from a step' },
    action: 'batch.run',
    params: batch,
    body: BatchRun,
    answer: Operation,
    status: 202,
  }),
  route({
    method: 'GET',
    path: '/v1/operations',
    tag: 'operations',
    summary: { zh: '作业列表', en: 'Long jobs' },
    action: 'operation.read',
    answer: List(Operation, 200),
  }),
  route({
    method: 'GET',
    path: '/v1/operations/{operation}',
    tag: 'operations',
    summary: { zh: '作业', en: 'One long job' },
    action: 'operation.read',
    params: closed({ operation: Token() }),
    answer: Operation,
  }),
] as const;
