import { defineText } from '../i18n/text.ts';

export const sheet = defineText(
  {
    title: '键盘',
    page: '本页',
    console: '全局',
    parts: '表格与面板',
    move: '移动',
    through: '穿透',
    up: '上一级',
    copy: '复制为 TSV',
    close: '关闭、收起',
    kill: '按住 1.5 秒：停机开关',
  },
  {
    title: 'Keys',
    page: 'This page',
    console: 'Everywhere',
    parts: 'Grids and panels',
    move: 'Move',
    through: 'See through',
    up: 'One level up',
    copy: 'Copy as TSV',
    close: 'Close',
    kill: 'Hold 1.5 s: kill switch',
  },
);
