import { defineText } from '../../i18n/text.ts';

export const text = defineText(
  { nothing: '您的职责没有可看的页面', ask: '请系统管理员为您分配职责' },
  { nothing: 'Your duties open no screen', ask: 'Ask the administrator to give you a duty' },
);
