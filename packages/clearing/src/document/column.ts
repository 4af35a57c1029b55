import type { Bilingual } from '@meridian/base';
import type { Column } from './document.ts';

/** Column builders: what is a number stands right. */
export const text = (zh: string, en: string): Column => ({ title: { zh, en }, kind: 'text' });
export const number = (zh: string, en: string): Column => ({ title: { zh, en }, kind: 'number' });
export const code = (zh: string, en: string): Column => ({ title: { zh, en }, kind: 'code' });
export const both = (zh: string, en: string): Bilingual => ({ zh, en });
