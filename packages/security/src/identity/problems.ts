import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  SIGN_IN_REFUSED: {
    status: 401,
    title: { zh: '登录未成功', en: 'Sign-in refused' },
    detail: { zh: '用户名或口令不正确', en: 'The user name or the password is wrong' },
    remedy: { zh: '核对后重试；忘记口令请联系系统管理员', en: 'Check both; for a new password ask an administrator' },
  },
  SIGN_IN_LOCKED: {
    status: 429,
    title: { zh: '登录暂时锁定', en: 'Sign-in is locked for a while' },
    detail: { zh: '失败次数过多，{retry_after} 秒后可再试', en: 'Too many failures; try again in {retry_after} seconds' },
    remedy: { zh: '等待锁定结束，或请安全管理员解锁', en: 'Wait, or ask a security officer to unlock it' },
  },
  SIGN_IN_BUSY: {
    status: 503,
    title: { zh: '登录繁忙', en: 'Sign-in is busy' },
    detail: {
      zh: '登录请求过多，{retry_after} 秒后可再试',
      en: 'Too many sign-ins at once; try again in {retry_after} seconds',
    },
    remedy: { zh: '稍后再试', en: 'Try again shortly' },
  },
  SECOND_FACTOR_REFUSED: {
    status: 401,
    title: { zh: '第二因素未通过', en: 'The second factor is refused' },
    detail: { zh: '验证码或通行密钥无效，或已使用过', en: 'The code or passkey is not valid, or was used before' },
    remedy: { zh: '等待下一个验证码，或用恢复码', en: 'Wait for the next code, or use a recovery code' },
  },
  SESSION_UNKNOWN: {
    status: 401,
    title: { zh: '未登录', en: 'Not signed in' },
    detail: { zh: '会话不存在、已结束或已过期', en: 'The session does not exist, has ended or has expired' },
    remedy: { zh: '重新登录', en: 'Sign in again' },
  },
  SESSION_STAGE: {
    status: 403,
    title: { zh: '会话阶段不符', en: 'Not at this stage of signing in' },
    detail: { zh: '当前阶段为 {stage}，此操作需要 {needed}', en: 'The session is at {stage}; this needs {needed}' },
    remedy: { zh: '先完成登录步骤', en: 'Finish the steps of signing in first' },
  },
  SIGN_IN_STALE: {
    status: 403,
    title: { zh: '需要重新登录', en: 'Sign in again first' },
    detail: { zh: '更改凭据须在登录后 {minutes} 分钟内', en: 'Credentials are changed within {minutes} minutes of signing in' },
    remedy: { zh: '重新登录后立即更改', en: 'Sign in again, then change them' },
  },
  JURISDICTION_REFUSED: {
    status: 403,
    title: { zh: '不允许从该地区登录', en: 'No sign-in from there' },
    detail: { zh: '该用户不得在 {jurisdiction} 登录', en: 'This user may not sign in as from {jurisdiction}' },
    remedy: { zh: '从获准地区登录，或申请调整', en: 'Sign in from a permitted place, or ask for a change' },
  },
  JURISDICTION_UNCLEAR: {
    status: 422,
    title: { zh: '登录地区不明', en: 'The place of sign-in is unclear' },
    detail: { zh: '须在 {permitted} 中说明所在地区', en: 'Say which of {permitted} you are in' },
    remedy: { zh: '登录时选择地区', en: 'Choose one when signing in' },
  },
  PASSWORD_WEAK: {
    status: 422,
    title: { zh: '口令不合要求', en: 'The password is too weak' },
    detail: {
      zh: '口令须为 12 至 200 个字符，不含用户名，不是常见口令，与原口令不同',
      en: 'A password has 12 to 200 characters, does not contain the user name, is no common one and differs from the last',
    },
    remedy: { zh: '换一个更长、更少见的口令', en: 'Choose a longer, rarer one' },
  },
  USER_UNKNOWN: {
    status: 404,
    title: { zh: '没有该用户', en: 'No such user' },
    detail: { zh: '没有用户 {user}', en: 'There is no user {user}' },
    remedy: { zh: '用 meridian user list 查看', en: 'See "meridian user list"' },
  },
  USER_EXISTS: {
    status: 409,
    title: { zh: '用户已存在', en: 'The user exists' },
    detail: { zh: '用户 {user} 已存在', en: 'There is a user {user} already' },
    remedy: { zh: '换一个用户名', en: 'Choose another name' },
  },
  USER_MALFORMED: {
    status: 422,
    title: { zh: '用户资料有误', en: 'The user is not well described' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '更正后重试', en: 'Correct it and try again' },
  },
  DUTIES_CONFLICT: {
    status: 422,
    title: { zh: '职责互斥', en: 'Duties that one person does not hold together' },
    detail: { zh: '{one} 与 {other} 不得由一人兼任', en: '{one} and {other} check each other and need two persons' },
    remedy: { zh: '分派给不同的人', en: 'Give them to different persons' },
  },
  USER_FOUR_EYES: {
    status: 403,
    title: { zh: '需要另一人复核', en: 'A second person must check this' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '由系统管理员提交，另一人复核', en: 'Let an administrator ask for it and another one check it' },
  },
  FACTOR_REFUSED: {
    status: 422,
    title: { zh: '第二因素登记未成功', en: 'The second factor was not enrolled' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '重新开始登记', en: 'Begin enrolling again' },
  },
  PASSKEYS_OFF: {
    status: 409,
    title: { zh: '未启用通行密钥', en: 'Passkeys are not set up' },
    detail: { zh: '系统没有配置站点名称与来源', en: 'The house has no site name and origin configured' },
    remedy: { zh: '改用动态口令', en: 'Use one-time codes' },
  },
  IDENTITY_KEY_LOST: {
    status: 500,
    title: { zh: '身份密钥不符', en: 'The identity key is not the one in use' },
    detail: {
      zh: '密钥目录中的 identity.key 不是加密现有凭据的那一个',
      en: 'identity.key in the key folder is not the one that the stored credentials were made with',
    },
    remedy: { zh: '由备份恢复密钥文件', en: 'Restore the key file from backup' },
  },
  OIDC_STALE: {
    status: 401,
    title: { zh: '单点登录已失效', en: 'That sign-in is over' },
    detail: {
      zh: '这次单点登录不是在此浏览器开始的，或已超过十分钟，或已用过',
      en: 'It was not begun in this browser, is older than ten minutes, or was used before',
    },
    remedy: { zh: '从登录页重新开始', en: 'Begin again from the sign-in page' },
  },
  OIDC_REFUSED: {
    status: 401,
    title: { zh: '单点登录未成功', en: "The firm's sign-in is refused" },
    detail: { zh: '身份提供方没有证明您的身份，或拒绝了请求', en: "The firm's sign-in did not prove who you are, or declined" },
    remedy: { zh: '重新登录；仍不成功请联系系统管理员', en: 'Sign in again; if it fails again ask an administrator' },
  },
  SUBJECT_UNKNOWN: {
    status: 401,
    title: { zh: '此身份没有可用的用户', en: 'No user stands for that identity' },
    detail: {
      zh: '身份已得到证明，但本系统没有与之关联的用户，或该用户已停用',
      en: 'Who you are is proven, but no user here is linked to it, or that user is disabled',
    },
    remedy: { zh: '请系统管理员关联您的用户', en: 'Ask an administrator to link your user' },
  },
  OIDC_OFF: {
    status: 409,
    title: { zh: '未配置单点登录', en: "The firm's sign-in is not set up" },
    detail: { zh: '本系统没有配置单位的身份提供方', en: 'No identity provider of the firm is configured here' },
    remedy: { zh: '用口令登录', en: 'Sign in by password' },
  },
  OIDC_AWAY: {
    status: 503,
    title: { zh: '单点登录暂不可用', en: "The firm's sign-in cannot be reached" },
    detail: { zh: '{issuer} 无法使用', en: '{issuer} cannot be used' },
    remedy: { zh: '稍后再试，或用口令登录', en: 'Try again later, or sign in by password' },
  },
});
