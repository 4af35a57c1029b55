import type { Problem } from '@meridian/base';
import { REJECTION } from '@meridian/messages';
import { EXIT, type ExitCode } from './command.ts';

/** The exit code that tells a script what kind of problem stopped a command. */
export function exitCodeOf(problem: Problem): ExitCode {
  if (Object.hasOwn(REJECTION, problem.code)) return EXIT.refusedByRisk;
  switch (problem.status) {
    case 400:
    case 404:
      return EXIT.usage;
    case 409:
      return EXIT.conflict;
    case 202:
      return EXIT.waitsForApproval;
    case 429:
    case 503:
      return EXIT.tryAgain;
    default:
      return problem.status >= 500 ? EXIT.fault : EXIT.refused;
  }
}
