import { type Bilingual, declareProblems, type Problem } from '@meridian/base';
import type { DataFolder } from '../data-folder.ts';

/** Exit codes that scripts rely on. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  refused: 3,
  refusedByRisk: 4,
  conflict: 5,
  waitsForApproval: 6,
  tryAgain: 75,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type Language = 'zh' | 'en';

export type OptionSpec = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly help: Bilingual }>>;

/** What a command is given: checked words and options, where to write, whose house it is. */
export interface Invocation {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly folder: DataFolder;
  readonly language: Language;
  readonly json: boolean;
  /** The result, once, on standard output: JSON when asked for, else the text. */
  answer(value: unknown, text: () => string): void;
  /** Progress, on standard error. */
  progress(line: string): void;
}

export interface CliCommand {
  /** The words that name it, e.g. "ledger verify". */
  readonly name: string;
  /** Positional words behind the name. */
  readonly words: readonly string[];
  readonly help: Bilingual;
  readonly options: OptionSpec;
  run(invocation: Invocation): Promise<ExitCode>;
}

const { problem } = declareProblems({
  USAGE: {
    status: 400,
    title: { zh: '用法有误', en: 'Usage' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '见 meridian {command} --help', en: 'See meridian {command} --help' },
  },
});

/** A word or option that the command cannot take. Exit code 2. */
export function badUsage(command: string, reason: string): Problem {
  return problem('USAGE', { command, reason });
}

export function say(language: Language, zh: string, en: string): string {
  return language === 'zh' ? zh : en;
}

/** Columns aligned by content; numbers to the right. Wide characters count as two. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | bigint)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i] ?? ''))));
  const numeric = head.map(
    (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] !== 'string' || /^[-+]?[\d,.]+%?$/.test(row[i] as string)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => {
          const blank = ' '.repeat(Math.max(0, (widths[i] as number) - displayWidth(cell)));
          return numeric[i] ? blank + cell : cell + blank;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(character)
      ? 2
      : 1;
  return width;
}
