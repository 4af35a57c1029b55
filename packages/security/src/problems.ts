import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  PEER_REFUSED: {
    status: 403,
    title: { zh: '对端身份被拒绝', en: 'The peer is refused' },
    detail: { zh: '对端 {peer} 不在允许的角色 {allowed} 之中', en: 'Peer {peer} is none of the roles {allowed}' },
    remedy: { zh: '检查进程的证书与角色', en: 'Check the certificate and role of the process' },
  },
  IDENTITY_MISSING: {
    status: 500,
    title: { zh: '缺少进程证书', en: 'A process has no certificate' },
    detail: { zh: '{path}：{reason}', en: '{path}: {reason}' },
    remedy: { zh: '由主进程签发证书后再启动', en: 'Let the supervising process issue it, then start again' },
  },
  AUDIT_PARAM_UNDECLARED: {
    status: 500,
    title: { zh: '审计参数未声明', en: 'Undeclared audit parameter' },
    detail: {
      zh: '参数 {name} 不在数据目录中，或取值类型不允许',
      en: 'Parameter {name} is not in the catalogue, or not a plain value',
    },
    remedy: { zh: '用 auditParams 声明该参数', en: 'Declare it by auditParams' },
  },
  AUDIT_BROKEN: {
    status: 500,
    title: { zh: '审计日志被破坏', en: 'The audit log is broken' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '停止写入，由安全管理员调查', en: 'Stop and let the security officer investigate' },
  },
});
