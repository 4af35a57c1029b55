import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportDocument } from './document.ts';
import { grouped } from './document.ts';
import { renderHtml } from './html.ts';
import { renderXlsx, safeText } from './xlsx.ts';

const sample: ReportDocument = {
  kind: 'batch-report',
  title: { zh: '清算批次报告', en: 'Clearing batch report' },
  subtitle: 'ARCX 2013-10-07 <script>alert(1)</script>',
  verdict: { tone: 'good', text: { zh: '已发布', en: 'Published' } },
  identity: [{ label: { zh: '批次', en: 'Batch' }, value: `"x" & 'y'` }],
  sections: [
    {
      title: { zh: '费用', en: 'Fees' },
      columns: [
        { title: { zh: '名称', en: 'Name' }, kind: 'text' },
        { title: { zh: '金额', en: 'Amount' }, kind: 'number' },
      ],
      rows: [
        ['=HYPERLINK("http://evil")', { scaled: -123456789n, digits: 2 }],
        ['<img src=x onerror=1>', { scaled: 12345678901234567890n, digits: 2 }],
      ],
    },
    { title: { zh: '差异', en: 'Breaks' }, columns: [{ title: { zh: '键', en: 'Key' }, kind: 'code' }], rows: [] },
  ],
  footer: { zh: '完', en: 'End' },
};

test('[CL-f] a report never carries markup out of its data', () => {
  const html = renderHtml(sample);
  assert.doesNotMatch(html, /<script|<img/);
  assert.match(html, /&lt;script&gt;/);
  assert.match(html, /-1,234,567\.89/);
  assert.equal(renderHtml(sample), html);
});

test('[CL-f] no cell of a workbook can start a formula', async () => {
  for (const text of ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '  =1', '\r=1', '|calc'])
    assert.ok(safeText(text).startsWith("'"), JSON.stringify(text));
  for (const text of ['-1,234.00', '-5', 'plain', '']) assert.equal(safeText(text), text);
  const workbook = await renderXlsx(sample);
  assert.equal(workbook.subarray(0, 2).toString(), 'PK');
  assert.ok(workbook.length > 2_000);
});

test('numbers are shown in groups of three with all their decimals', () => {
  assert.equal(grouped(123456789012n, 2), '1,234,567,890.12');
  assert.equal(grouped(-5n, 2), '-0.05');
  assert.equal(grouped(999n, 0), '999');
  assert.equal(grouped(-1000n, 0), '-1,000');
});
