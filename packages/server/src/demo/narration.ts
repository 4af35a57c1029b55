import { type Instant, problemKind } from '@meridian/base';
import '@meridian/messages';
import type { StoryLine } from '../process/child.ts';
import type { DemoParty } from './cast.ts';
import type { Report } from './client.ts';

/** What a client hears, as a line for people. Acknowledgements stay silent: the fill tells the story. */
export function narrate(party: DemoParty, report: Report, at: Instant): StoryLine | undefined {
  const line = (zh: string, en: string): StoryLine => ({ at, zh: `${party.name.zh} ← ${zh}`, en: `${party.name.en} ← ${en}` });
  if (report.type === '9')
    return line(`撤改被拒 ${report.id} ${inChinese(report.text)}`, `cancel or replace ${report.id} refused ${report.text}`);
  if (report.type === 'j') return line(`业务拒绝 ${report.text}`, `business reject ${report.text}`);
  const side = report.side === '1' ? { zh: '买', en: 'buy' } : { zh: '卖', en: 'sell' };
  const filled = `${report.cumQuantity} ${report.symbol} @ ${report.averagePrice}`;
  switch (report.execType) {
    case 'F':
      return report.leavesQuantity === 0
        ? line(`订单 ${report.id} 全部成交：${side.zh} ${filled}`, `order ${report.id} is filled: ${side.en} ${filled}`)
        : undefined;
    case '8':
      return line(`拒单 ${report.id}：${inChinese(report.text)}`, `order ${report.id} refused: ${report.text}`);
    case '4':
      return line(`已撤 ${report.id}`, `${report.id} cancelled`);
    case '5':
      return line(`已改 ${report.id}`, `${report.id} replaced`);
    case 'C':
      return line(`收市失效 ${report.id}`, `${report.id} expired at the close`);
    case 'H':
      return line(`成交撤销 ${report.id}`, `a fill of ${report.id} was busted`);
    default:
      return undefined;
  }
}

/** A refusal travels over FIX in English, behind its code; the code has a Chinese name. */
function inChinese(text: string): string {
  const [code = '', ...detail] = text.split(': ');
  const kind = problemKind(code);
  return kind === undefined ? text : `${kind.title.zh}（${detail.join(': ')}）`;
}
