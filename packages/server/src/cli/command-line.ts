import { parseArgs } from 'node:util';
import { declareProblems, isProblem, jsonText, type Problem } from '@meridian/base';
import { dataFolder } from '../data-folder.ts';
import { badUsage, type CliCommand, EXIT, type ExitCode, type Invocation, type Language, say } from './command.ts';
import { COMMANDS } from './commands.ts';
import { exitCodeOf } from './exit-code.ts';

const { problem } = declareProblems({
  UNEXPECTED: {
    status: 500,
    title: { zh: '意外错误', en: 'Unexpected error' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: {
      zh: '这是程序缺陷，请连同标准错误的输出一并报告',
      en: 'This is a defect: report it with what standard error says',
    },
  },
});

/** Where a command writes: its result, and everything said beside it. */
export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/** Runs one command and says how it ended; every refusal is a problem, told on both streams under --json. */
export async function commandLine(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  const language = languageOf(argv);
  const found = commandOf(argv);
  if (found === undefined) {
    const asked = argv.length === 0 || argv[0] === 'help' || (argv[0] as string).startsWith('--');
    streams[asked ? 'out' : 'err'](overview(language, argv, asked));
    return asked ? EXIT.ok : EXIT.usage;
  }
  const { command, rest } = found;
  if (rest.includes('--help')) {
    streams.out(usage(command, language));
    return EXIT.ok;
  }
  let invocation: Invocation;
  try {
    invocation = invoke(command, rest, language, streams);
  } catch (error) {
    const reason = (error as Error).message;
    if (rest.includes('--json')) writeDocument(badUsage(command.name, reason), language, streams);
    streams.err(`${reason}\n\n${usage(command, language)}`);
    return EXIT.usage;
  }
  try {
    return await command.run(invocation);
  } catch (error) {
    return report(error, invocation, streams);
  }
}

function languageOf(argv: readonly string[]): Language {
  const at = argv.indexOf('--lang');
  const asked = at >= 0 ? argv[at + 1] : (process.env['MERIDIAN_LANG'] ?? process.env['LC_ALL'] ?? process.env['LANG'] ?? '');
  return asked?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** The longest command name that the leading words spell. */
function commandOf(argv: readonly string[]): { command: CliCommand; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = argv.slice(0, length).join(' ');
    const command = COMMANDS.find((each) => each.name === name);
    if (command !== undefined) return { command, rest: argv.slice(length) };
  }
  return undefined;
}

const COMMON = { json: { type: 'boolean' }, data: { type: 'string' }, lang: { type: 'string' } } as const;

function invoke(command: CliCommand, rest: readonly string[], language: Language, streams: Streams): Invocation {
  const options = {
    ...COMMON,
    ...Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }])),
  };
  const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  const needed = command.words.filter((word) => !word.startsWith('['));
  if (positionals.length < needed.length || positionals.length > command.words.length) {
    throw new Error(
      say(language, `需要 ${command.words.join(' ')}`, `expected ${command.words.join(' ') || 'no further words'}`),
    );
  }
  const json = values['json'] === true;
  return {
    words: positionals,
    options: values as Invocation['options'],
    folder: dataFolder(typeof values['data'] === 'string' ? values['data'] : (process.env['MERIDIAN_DATA'] ?? '.meridian')),
    language,
    json,
    answer: (value, text) => streams.out(`${json ? jsonText(value, 2) : text()}\n`),
    progress: (line) => streams.err(`${line}\n`),
  };
}

function report(error: unknown, invocation: Invocation, streams: Streams): ExitCode {
  if (!isProblem(error)) {
    const reason = error instanceof Error ? error.message : String(error);
    if (invocation.json) writeDocument(problem('UNEXPECTED', { reason }, error), invocation.language, streams);
    streams.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.fault;
  }
  if (invocation.json) writeDocument(error, invocation.language, streams);
  const document = error.document(invocation.language);
  streams.err(`${document.code}: ${document.detail}\n${document.remedy}\n`);
  return exitCodeOf(error);
}

function writeDocument(problem: Problem, language: Language, streams: Streams): void {
  streams.out(`${JSON.stringify(problem.document(language), null, 2)}\n`);
}

function overview(language: Language, argv: readonly string[], asked: boolean): string {
  const unknown = asked ? '' : `${say(language, '没有这个命令', 'no such command')}: ${argv.slice(0, 2).join(' ')}\n\n`;
  const lines = COMMANDS.map(
    (command) => `  meridian ${[command.name, ...command.words].join(' ').padEnd(34)} ${command.help[language]}`,
  );
  const common = say(
    language,
    '每个命令都有 --json、--data 目录（默认 .meridian）与 --lang zh|en；--help 说明选项',
    'Every command takes --json, --data DIR (default .meridian) and --lang zh|en; --help explains its options',
  );
  return `${unknown}${lines.join('\n')}\n\n${common}\n`;
}

function usage(command: CliCommand, language: Language): string {
  const options = Object.entries(command.options).map(
    ([name, { type, help }]) => `  --${`${name}${type === 'string' ? ' …' : ''}`.padEnd(20)} ${help[language]}`,
  );
  return `meridian ${[command.name, ...command.words].join(' ')}\n${command.help[language]}\n${options.join('\n')}${options.length > 0 ? '\n' : ''}`;
}
