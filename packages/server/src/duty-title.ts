import type { Bilingual } from '@meridian/base';
import type { UserDuty } from '@meridian/security';

/** What a duty is called in the house. DS-10. */
export const DUTY_TITLES: Readonly<Record<UserDuty, Bilingual>> = {
  trader: { zh: '交易员', en: 'Trader' },
  client: { zh: '客户', en: 'Client' },
  risk: { zh: '风险管理', en: 'Risk officer' },
  clearing: { zh: '清算', en: 'Clearing operator' },
  compliance: { zh: '合规', en: 'Compliance officer' },
  security: { zh: '安全管理员', en: 'Security officer' },
  auditor: { zh: '审计', en: 'Auditor' },
  'model-owner': { zh: '模型所有人', en: 'Model owner' },
  'model-validator': { zh: '模型验证人', en: 'Model validator' },
  administrator: { zh: '系统管理员', en: 'Administrator' },
};

/** "交易员、合规" / "Trader, Compliance officer" */
export function titleOf(duties: readonly UserDuty[]): Bilingual {
  return {
    zh: duties.map((duty) => DUTY_TITLES[duty].zh).join('、'),
    en: duties.map((duty) => DUTY_TITLES[duty].en).join(', '),
  };
}
