import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  MODEL_UNKNOWN: {
    status: 404,
    title: { zh: '没有该模型', en: 'No such model' },
    detail: { zh: '登记簿中没有 {what}', en: 'The registry holds no {what}' },
    remedy: { zh: '用 meridian model list 查看已登记的模型', en: 'See the registered ones with "meridian model list"' },
  },
  MODEL_CONFLICT: {
    status: 409,
    title: { zh: '登记内容冲突', en: 'Registered otherwise' },
    detail: { zh: '{what} 已以其他内容登记', en: '{what} is registered with other content' },
    remedy: { zh: '登记新版本，已登记的内容不可更改', en: 'Register a new version: what is registered does not change' },
  },
  MODEL_TRANSITION_REFUSED: {
    status: 409,
    title: { zh: '状态转换不允许', en: 'Transition refused' },
    detail: {
      zh: '版本 {version} 处于 {state}，不能 {command}：{reason}',
      en: 'Version {version} is {state}, no {command}: {reason}',
    },
    remedy: { zh: '按状态机的顺序办理', en: 'Follow the order of the life cycle' },
  },
  MODEL_DUTY_REFUSED: {
    status: 403,
    title: { zh: '职责不允许', en: 'Not in this duty' },
    detail: {
      zh: '{command} 需要职责 {needed}，而操作者以 {duty} 身份',
      en: '{command} needs the duty {needed}; the actor acts as {duty}',
    },
    remedy: { zh: '由具备该职责的人员办理', en: 'Let somebody of that duty do it' },
  },
  MODEL_SEPARATION_REFUSED: {
    status: 403,
    title: { zh: '违反职责分离', en: 'Separation of duties' },
    detail: {
      zh: '{user} 不得对版本 {version} 执行 {command}：{reason}',
      en: '{user} may not {command} version {version}: {reason}',
    },
    remedy: { zh: '由另一人员或另一团队办理', en: 'Let another person, of another team, do it' },
  },
  MODEL_EVIDENCE_MISSING: {
    status: 422,
    title: { zh: '证据不足', en: 'Evidence is missing' },
    detail: { zh: '版本 {version} 的 {command} 缺少：{missing}', en: '{command} of version {version} lacks: {missing}' },
    remedy: { zh: '补齐所列证据后再办理', en: 'Provide what is named, then try again' },
  },
  ARTEFACT_INVALID: {
    status: 422,
    title: { zh: '模型文件无效', en: 'Not a model artefact' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '使用 meridian model train 生成的文件', en: 'Use a file that "meridian model train" wrote' },
  },
  PRICE_HISTORY_REFUSED: {
    status: 422,
    title: { zh: '价格历史文件无法使用', en: 'The price history cannot be used' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: {
      zh: '提供含 date 与 symbol、close（或每列一个标的）的 CSV，可为 .gz',
      en: 'Give a CSV with date and symbol, close (or one column an instrument), plain or .gz',
    },
  },
  MODEL_GATE_REFUSED: {
    status: 422,
    title: { zh: '模型未通过验证门槛', en: 'The gate refuses the model' },
    detail: { zh: '{reasons}', en: '{reasons}' },
    remedy: { zh: '规则继续作答；改进模型后重新训练', en: 'The rule goes on answering; improve the model and train again' },
  },
  REVIEW_REFUSED: {
    status: 409,
    title: { zh: '复核不允许', en: 'Review refused' },
    detail: { zh: '复核事项 {item}：{reason}', en: 'Review item {item}: {reason}' },
    remedy: { zh: '由另一名风控人员处理未结事项', en: 'Let another person of the risk duty decide an open item' },
  },
  DECISION_LOG_BROKEN: {
    status: 500,
    title: { zh: '决策日志被破坏', en: 'The decision log is broken' },
    detail: { zh: '第 {no} 条：{reason}', en: 'Decision {no}: {reason}' },
    remedy: { zh: '停止使用模型，由安全管理员调查', en: 'Suspend the model and let the security officer investigate' },
  },
});
