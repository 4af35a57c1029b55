import type { AnswerOf } from '@meridian/api';
import { type Bilingual, formatInstant, problemKind } from '@meridian/base';
import type { LifeStep, OrderState, StepKind } from '@meridian/trading';

/** Steps of an order's life (时间线) in words of both languages. TC-3 */

type Step = AnswerOf<'GET /v1/orders/{market}/{order}'>['steps'][number];

const KINDS: Readonly<Record<StepKind, Bilingual>> = {
  report: { zh: '客户节点回报', en: 'The client node reports' },
  'change-refused': { zh: '改撤被拒', en: 'A change is refused' },
  fill: { zh: '客户成交', en: 'The client is filled' },
  'fill-busted': { zh: '成交被撤销', en: 'A fill is busted' },
  'fill-corrected': { zh: '成交被更正', en: 'A fill is corrected' },
  intent: { zh: '对冲意图交给对冲节点', en: 'The hedge node gets the intent' },
  'hedge-order': { zh: '对冲委托发往交易所', en: 'A hedge order leaves for the venue' },
  'hedge-report': { zh: '交易所回报', en: 'The venue reports' },
  'hedge-fill': { zh: '对冲成交', en: 'The hedge is filled' },
  'hedge-fill-busted': { zh: '对冲成交被撤销', en: 'A hedge fill is busted' },
  'hedge-fill-corrected': { zh: '对冲成交被更正', en: 'A hedge fill is corrected' },
  exception: { zh: '需要人工处理', en: 'A person must look' },
};

const STATES: Readonly<Record<OrderState, Bilingual>> = {
  pending: { zh: '待市场确认', en: 'pending' },
  new: { zh: '已报', en: 'new' },
  'partially-filled': { zh: '部分成交', en: 'partially filled' },
  filled: { zh: '全部成交', en: 'filled' },
  cancelled: { zh: '已撤销', en: 'cancelled' },
  rejected: { zh: '已拒绝', en: 'rejected' },
  expired: { zh: '已过期', en: 'expired' },
  'pending-cancel': { zh: '撤单待确认', en: 'cancel pending' },
  'pending-replace': { zh: '改单待确认', en: 'replace pending' },
};

/** "客户节点回报：部分成交，100 @ 167.42" and the same in English; a refusal by its title, never by its code. */
export function stepText({ kind, state, quantity, price, code }: LifeStep): Bilingual {
  const figure = [quantity === 0 ? '' : String(quantity), price === null ? '' : `@ ${price}`]
    .filter((part) => part !== '')
    .join(' ');
  const refused = code === null ? undefined : (problemKind(code)?.title ?? { zh: code, en: code });
  const say = (language: 'zh' | 'en', colon: string, comma: string): string => {
    const said = [state === null ? '' : STATES[state][language], figure, refused?.[language] ?? ''].filter(
      (part) => part !== '',
    );
    return said.length === 0 ? KINDS[kind][language] : `${KINDS[kind][language]}${colon}${said.join(comma)}`;
  };
  return { zh: say('zh', '：', '，'), en: say('en', ': ', ', ') };
}

/** `begun`: the business time of the first step. */
export function stepOf(step: LifeStep, begun: number): Step {
  return {
    ...{ at: formatInstant(step.at), seq: step.seq, name: step.kind, text: stepText(step) },
    microseconds: step.at - begun,
  };
}
