import { defineText } from '../i18n/text.ts';

/** Duties as people call them. DS-10 */
export const dutyWords = defineText(
  {
    trader: '交易员',
    client: '客户',
    risk: '风险管理',
    clearing: '清算',
    compliance: '合规',
    security: '安全管理员',
    auditor: '审计',
    'model-owner': '模型所有人',
    'model-validator': '模型验证人',
    administrator: '系统管理员',
    operator: '机器操作',
    system: '系统',
  },
  {
    trader: 'Trader',
    client: 'Client',
    risk: 'Risk officer',
    clearing: 'Clearing operator',
    compliance: 'Compliance officer',
    security: 'Security officer',
    auditor: 'Auditor',
    'model-owner': 'Model owner',
    'model-validator': 'Model validator',
    administrator: 'Administrator',
    operator: 'Operator',
    system: 'System',
  },
);
