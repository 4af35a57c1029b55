import { declareProblems } from '@meridian/base';

/** What the catalogue refuses. */
export const { problem } = declareProblems({
  CATALOGUE_INVALID: {
    status: 500,
    title: { zh: '数据目录声明无效', en: 'Invalid catalogue declaration' },
    detail: { zh: '{name}：{reason}', en: '{name}: {reason}' },
    remedy: { zh: '更正该字段的声明', en: 'Correct the declaration of the field' },
  },
  CATALOGUE_DRIFT: {
    status: 500,
    title: { zh: '数据与目录不一致', en: 'Data and catalogue differ' },
    detail: { zh: '共 {count} 处不一致，首处：{first}', en: '{count} differences, the first: {first}' },
    remedy: {
      zh: '为每个字段声明分类，或撤销对数据库的改动；降级须由数据安全负责人确认',
      en: 'Declare every field or undo the change of the database; a lowered class needs the data protection officer',
    },
  },
  FIELD_UNDECLARED: {
    status: 500,
    title: { zh: '字段未声明', en: 'Undeclared field' },
    detail: { zh: '{where} 的字段 {field} 不在数据目录中', en: 'Field {field} of {where} is not in the catalogue' },
    remedy: { zh: '先声明分类，再存储、发送、展示或记录', en: 'Declare its class before it is stored, sent, shown or logged' },
  },
});
