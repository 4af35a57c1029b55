import '../rooms.ts';
import { catalogueCounts, catalogueCsv, catalogueRows, checkCatalogue } from '@meridian/catalog';
import { shapes } from '../catalogue.ts';
import { writeFile } from '../data-folder.ts';
import { withDatabase } from './at-house.ts';
import { type CliCommand, EXIT, say, table } from './command.ts';

/** DS-1, DS-2: everything that is stored, sent, shown or logged has its class; the first gap otherwise. */
export const catalogCheck: CliCommand = {
  name: 'catalog check',
  words: [],
  help: { zh: '核对数据目录与数据库、报文、报表', en: 'Check the data catalogue against database, messages and reports' },
  options: {},
  run: ({ folder, answer, language }) =>
    withDatabase(folder, async (database) => {
      const { fields, counts, gaps } = await checkCatalogue({ query: (sql) => database.query(sql), shapes });
      answer({ fields, counts, gaps }, () => {
        const head = [
          say(language, '种类', 'kind'),
          say(language, '级别', 'class'),
          say(language, '字段', 'fields'),
          say(language, '敏感', 'sensitive'),
        ];
        const rows = counts.map((count) => [count.kind, count.class, count.fields, count.sensitive]);
        const verdict =
          gaps.length === 0
            ? say(language, `${fields} 个字段全部有级别`, `All ${fields} fields have their class`)
            : say(language, `${gaps.length} 处缺口`, `${gaps.length} gaps`);
        return [
          table(head, rows),
          '',
          verdict,
          ...gaps.slice(0, 50).map((gap) => `${gap.kind} ${gap.name}: ${gap.expected} / ${gap.found}`),
        ].join('\n');
      });
      return gaps.length === 0 ? EXIT.ok : EXIT.fault;
    }),
};

export const catalogExport: CliCommand = {
  name: 'catalog export',
  words: [],
  help: { zh: '导出数据目录', en: 'Export the data catalogue' },
  options: { out: { type: 'string', help: { zh: 'CSV 文件', en: 'a CSV file' } } },
  async run({ options, answer, language }) {
    const out = options['out'];
    if (typeof out === 'string') writeFile(out, catalogueCsv());
    answer(typeof out === 'string' ? { file: out, counts: catalogueCounts() } : catalogueRows(), () =>
      typeof out === 'string' ? say(language, `已写入 ${out}`, `Written to ${out}`) : catalogueCsv(),
    );
    return EXIT.ok;
  },
};
