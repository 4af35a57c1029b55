import type { Bilingual } from '@meridian/base';
import { type Cell, type Column, grouped, type ReportDocument, type Section } from './document.ts';

/** Own, small, print-friendly; no script, no outside resource: mail clients show it and nothing can be tracked by it. */
const STYLE = `
:root{--ink:#14202b;--dim:#5c6b78;--rule:#d9e0e6;--band:#f5f8fa;--accent:#0b5c7a;--good:#0f7a4d;--warn:#a15c00;--bad:#b3261e}
*{box-sizing:border-box}
body{margin:0;background:#eef2f5;color:var(--ink);font:13px/1.5 "Inter","Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:1240px;margin:24px auto;background:#fff;border:1px solid var(--rule);border-radius:10px;padding:28px 36px 20px}
header{display:flex;justify-content:space-between;align-items:flex-start;border-bottom:2px solid var(--ink);padding-bottom:14px}
.brand{font-weight:650;letter-spacing:.06em;color:var(--accent);font-size:12px}
h1{margin:4px 0 0;font-size:22px;line-height:1.25}h1 small,h2 small,th small{color:var(--dim);font-weight:400}
h1 small{font-size:14px;margin-left:8px}.sub{color:var(--dim);margin-top:4px}
.verdict{border:1px solid;border-radius:999px;padding:3px 14px;font-weight:600;white-space:nowrap}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(350px,1fr));gap:2px 28px;margin:16px 0 4px}
dl div{display:flex;justify-content:space-between;gap:14px;border-bottom:1px dotted var(--rule);padding:3px 0}
dt{color:var(--dim);white-space:nowrap}dd{margin:0;text-align:right;overflow-wrap:break-word;min-width:0;font-variant-numeric:tabular-nums}
section{margin-top:22px;break-inside:avoid-page}h2{font-size:14px;margin:0 0 6px;color:var(--accent)}h2 small{font-size:12px;margin-left:8px}
.note{color:var(--dim);margin:0 0 6px;font-size:12px}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;border-bottom:1.5px solid var(--ink);padding:4px 8px;font-size:12px;vertical-align:bottom}th small{display:block;font-size:10.5px}
td{padding:4px 8px;border-bottom:1px solid var(--rule);vertical-align:top;overflow-wrap:break-word;white-space:pre-line}.k{white-space:nowrap}
tbody tr:nth-child(even){background:var(--band)}.n{text-align:right;white-space:nowrap}.neg{color:var(--bad)}
.c{overflow-wrap:anywhere;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:11.5px}tfoot td{font-weight:650;border-top:1.5px solid var(--ink);border-bottom:0}
.none{color:var(--dim);padding:6px 8px}footer{margin-top:26px;padding-top:10px;border-top:1px solid var(--rule);color:var(--dim);font-size:11.5px}
@media print{body{background:#fff;font-size:9px}h1{font-size:17px}h2{font-size:11px}h2 small,.note,footer{font-size:9px}section{margin-top:14px}main{border:0;margin:0;max-width:none;padding:0}.wide{overflow:visible}td,th{padding:2px 4px;font-size:8.5px}th small{font-size:7.5px}.c{font-size:7.5px}.c.k{white-space:normal;min-width:90px}dl{grid-template-columns:1fr 1fr}dd{overflow-wrap:anywhere}tr{break-inside:avoid}@page{size:A4;margin:14mm}}
`.replaceAll('\n', '');

/** One self-contained HTML page, Chinese first, English beside it. Equal documents give equal bytes. */
export function renderHtml(document: ReportDocument): string {
  const identity = document.identity.map(
    ({ label, value }) => `<div><dt>${both(label, ' · ')}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return [
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(document.title.zh)} ${escapeHtml(document.subtitle)}</title><style>${STYLE}</style></head><body><main>`,
    `<header><div><div class="brand">MERIDIAN 子午</div><h1>${withSmall(document.title)}</h1>`,
    `<div class="sub">${escapeHtml(document.subtitle)}</div></div>`,
    `<div class="verdict ${document.verdict.tone}">${both(document.verdict.text, ' · ')}</div></header>`,
    `<dl>${identity.join('')}</dl>`,
    ...document.sections.map(sectionHtml),
    `<footer>${escapeHtml(document.footer.zh)}<br><span lang="en">${escapeHtml(document.footer.en)}</span></footer>`,
    '</main></body></html>\n',
  ].join('');
}

function sectionHtml(section: Section): string {
  const note = section.note === undefined ? '' : `<p class="note">${both(section.note, ' ')}</p>`;
  const head = section.columns.map((column) => `<th${numeric(column)}>${withSmall(column.title)}</th>`).join('');
  const body = section.rows.map((row) => rowHtml(section.columns, row)).join('');
  const none = `<tr><td class="none" colspan="${section.columns.length}">无 · none</td></tr>`;
  const totals = (section.totals ?? []).map((row) => rowHtml(section.columns, row)).join('');
  return [
    `<section><h2>${withSmall(section.title)}</h2>${note}<div class="wide"><table><thead><tr>${head}</tr></thead>`,
    `<tbody>${body === '' ? none : body}</tbody>${totals === '' ? '' : `<tfoot>${totals}</tfoot>`}</table></div></section>`,
  ].join('');
}

function rowHtml(columns: readonly Column[], row: readonly Cell[]): string {
  const cells = row.map((cell, index) => cellHtml(columns[index] as Column, cell));
  return `<tr>${cells.join('')}</tr>`;
}

/** Up to so many characters a text or a code stands in one line. */
const WORD_CHARS = 24;
const UTI_CHARS = 52;

function cellHtml(column: Column, cell: Cell): string {
  if (cell !== null && typeof cell === 'object') {
    return `<td class="n${cell.scaled < 0n ? ' neg' : ''}">${grouped(cell.scaled, cell.digits)}</td>`;
  }
  const short = (cell ?? '').length <= (column.kind === 'code' ? UTI_CHARS : WORD_CHARS);
  const kinds = [column.kind === 'number' ? 'n' : column.kind === 'code' ? 'c' : '', short ? 'k' : ''].filter(
    (name) => name !== '',
  );
  return `<td${kinds.length === 0 ? '' : ` class="${kinds.join(' ')}"`}>${escapeHtml(cell ?? '')}</td>`;
}

const numeric = (column: Column) => (column.kind === 'number' ? ' class="n"' : '');
const withSmall = (text: Bilingual) => `${escapeHtml(text.zh)} <small lang="en">${escapeHtml(text.en)}</small>`;
const both = (text: Bilingual, between: string) =>
  `${escapeHtml(text.zh)}${between}<span lang="en">${escapeHtml(text.en)}</span>`;

/** For text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
