import type { Bilingual } from '@meridian/base';

/** A market of the desk as people name it: places that share a calendar share a lane. */
export interface LaneMarket {
  readonly market: string;
  readonly markets: readonly string[];
  readonly name: Bilingual;
}

/** Every market of the calendar, in the order in which the day reaches them. */
export const LANES: readonly LaneMarket[] = [
  { market: 'XASX', markets: ['XASX'], name: { zh: '悉尼', en: 'Sydney' } },
  { market: 'XTKS', markets: ['XTKS'], name: { zh: '东京', en: 'Tokyo' } },
  { market: 'XKRX', markets: ['XKRX'], name: { zh: '首尔', en: 'Seoul' } },
  { market: 'XSES', markets: ['XSES'], name: { zh: '新加坡', en: 'Singapore' } },
  { market: 'XTAI', markets: ['XTAI'], name: { zh: '台北', en: 'Taipei' } },
  { market: 'XSHG', markets: ['XSHG', 'XSHE'], name: { zh: '沪深', en: 'Shanghai, Shenzhen' } },
  { market: 'XHKG', markets: ['XHKG'], name: { zh: '香港', en: 'Hong Kong' } },
  { market: 'XLON', markets: ['XLON'], name: { zh: '伦敦', en: 'London' } },
  { market: 'XETR', markets: ['XETR'], name: { zh: '法兰克福', en: 'Frankfurt' } },
  { market: 'XPAR', markets: ['XPAR'], name: { zh: '巴黎', en: 'Paris' } },
  { market: 'XSWX', markets: ['XSWX'], name: { zh: '苏黎世', en: 'Zurich' } },
  { market: 'XNYS', markets: ['XNYS', 'ARCX', 'XNAS'], name: { zh: '纽约', en: 'New York' } },
];

/** Client days belong to no market: they have a lane of their own where there is one. */
export const CLIENT_DAY_LANE: LaneMarket = { market: '-', markets: [], name: { zh: '客户日终', en: 'Client day' } };
export const HOUSE_ZONE = 'Asia/Shanghai';
