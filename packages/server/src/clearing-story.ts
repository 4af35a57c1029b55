import type { Instant } from '@meridian/base';
import type { Progress } from '@meridian/clearing';
import type { StoryLine } from './process/child.ts';

/** What clearing did, as lines for people. */
export function tellProgress(progress: Progress, at: Instant, story: (line: StoryLine) => void): void {
  for (const { batch } of progress.published) {
    story(
      batch.startsWith('-')
        ? {
            at,
            zh: `客户日终 ${batch} 发布：确认书与结算单`,
            en: `Client day ${batch} is published: confirmations and statements`,
          }
        : {
            at,
            zh: `批次 ${batch} 发布：核对、簿记、验证通过`,
            en: `Batch ${batch} is published: reconciled, booked and verified`,
          },
    );
  }
  for (const { batch } of progress.failed) story({ at, zh: `批次 ${batch} 失败`, en: `Batch ${batch} failed` });
  const { sent } = progress.mail;
  if (sent > 0) story({ at, zh: `寄出 ${sent} 封邮件`, en: `${sent} mails are sent` });
}
