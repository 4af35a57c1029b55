import { declareProblems } from '@meridian/base';

/** What can go wrong around a batch as a whole. Faults found inside one are {@link import('./step.ts').BatchFault}s. */
export const { problem } = declareProblems({
  BATCH_HELD: {
    status: 409,
    title: { zh: '批次正在运行', en: 'The batch is running' },
    detail: {
      zh: '{batch} 第 {attempt} 次运行由 {holder} 持有（{trigger}），自 {since} 起',
      en: '{batch} attempt {attempt} is held by {holder} ({trigger}) since {since}',
    },
    remedy: { zh: '等待其结束后重试', en: 'Wait until it ends, then try again' },
  },
  BATCH_FENCED: {
    status: 409,
    title: { zh: '运行权已被接管', en: 'The attempt was taken over' },
    detail: {
      zh: '{batch} 第 {attempt} 次运行的任期 {epoch} 已失效',
      en: 'Epoch {epoch} of {batch} attempt {attempt} is no longer the running one',
    },
    remedy: { zh: '无需处理：接管者会继续运行', en: 'Nothing to do: whoever took over carries on' },
  },
  BATCH_UNKNOWN: {
    status: 404,
    title: { zh: '没有该批次', en: 'No such batch' },
    detail: { zh: '{market} {date} 没有清算批次', en: 'There is no batch of {market} for {date}' },
    remedy: { zh: '核对市场代码与清算日期', en: 'Check the market code and the clearing date' },
  },
  BATCH_NOT_CUT: {
    status: 409,
    title: { zh: '市场尚未切点', en: 'The market is not cut yet' },
    detail: { zh: '{market} {date} 的交易日尚未收盘切点', en: 'The trading day {date} of {market} has no cut yet' },
    remedy: { zh: '收盘并切点后再运行', en: 'Run it after the close' },
  },
  BATCH_WAITS_FOR_FILE: {
    status: 409,
    title: { zh: '等待外部文件', en: 'Waiting for a file' },
    detail: { zh: '{file} 尚未到齐（缺少完成标志 {marker}）', en: '{file} is not complete: {marker} is not there yet' },
    remedy: { zh: '文件与完成标志到达后自动继续', en: 'It goes on by itself when file and marker have arrived' },
  },
  BATCH_WAITS_FOR_BATCH: {
    status: 409,
    title: { zh: '等待其他批次', en: 'Waiting for other batches' },
    detail: { zh: '{batch} 等待 {missing} 发布', en: '{batch} waits for {missing} to be published' },
    remedy: { zh: '先处理所等待的批次', en: 'See to the batches it waits for' },
  },
  BATCH_ALREADY_PUBLISHED: {
    status: 409,
    title: { zh: '批次已发布', en: 'The batch is published' },
    detail: {
      zh: '{batch} 第 {attempt} 次运行已发布；发布后只能以红冲更正',
      en: '{batch} was published by attempt {attempt}; corrections are reversals from here on',
    },
    remedy: { zh: '使用更正批次', en: 'Use a correction batch' },
  },
  BATCH_FAILED: {
    status: 422,
    title: { zh: '批次失败', en: 'The batch failed' },
    detail: {
      zh: '{batch} 第 {attempt} 次运行在“{step}”失败：{reason}',
      en: '{batch} attempt {attempt} failed in step {step}: {reason}',
    },
    remedy: { zh: '按错误清单更正后重新运行', en: 'Mend what the error list names and run it again' },
  },
  BATCH_STEP_UNKNOWN: {
    status: 400,
    title: { zh: '没有该步骤', en: 'No such step' },
    detail: { zh: '步骤 {step} 不存在或之前的步骤未完成', en: 'Step {step} does not exist or a step before it is not done' },
    remedy: { zh: '从已完成步骤的下一步之前选择', en: 'Choose a step whose predecessors are done' },
  },
  BATCH_DUE_FINAL: {
    status: 409,
    title: { zh: '计划不可更改', en: 'This plan row can no longer change' },
    detail: { zh: '{market} {date} 的计划已是 {state}', en: 'The plan of {market} for {date} is {state}' },
    remedy: { zh: '只有未运行的计划可以移动或跳过', en: 'Only planned rows can be moved or skipped' },
  },
  CONTRACT_ABSENT: {
    status: 409,
    title: { zh: '没有可平的合约', en: 'No contract to close' },
    detail: { zh: '成交 {fills} 平仓，但 {key} 没有未了结合约', en: 'Fills {fills} close, but {key} has no open contract' },
    remedy: { zh: '核对开平标志与持仓', en: 'Check position effect and positions' },
  },
  CLEARING_FACT_MISSING: {
    status: 422,
    title: { zh: '清算参数缺失', en: 'A clearing fact is missing' },
    detail: { zh: '缺少 {what}：{key}', en: 'There is no {what} for {key}' },
    remedy: { zh: '补充该参数后重新运行', en: 'Add the fact and run the batch again' },
  },
});
