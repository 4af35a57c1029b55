import { defineText } from '../../i18n/text.ts';

export const text = defineText(
  {
    title: '查找与命令',
    hint: '编号、名称、功能码、命令',
    screens: '页面',
    verbs: '命令',
    found: '对象',
    none: '没有找到',
    results: (count: number) => `${count} 项`,
    kindOf: {
      order: '委托',
      contract: '合约',
      client: '客户',
      account: '账户',
      batch: '批次',
      journal: '分录',
      document: '文件',
      user: '用户',
      model: '模型',
    },
  },
  {
    title: 'Search and commands',
    hint: 'Number, name, function code, command',
    screens: 'Screens',
    verbs: 'Commands',
    found: 'Objects',
    none: 'Nothing found',
    results: (count) => `${count} results`,
    kindOf: {
      order: 'Order',
      contract: 'Contract',
      client: 'Client',
      account: 'Account',
      batch: 'Batch',
      journal: 'Journal',
      document: 'Document',
      user: 'User',
      model: 'Model',
    },
  },
);
