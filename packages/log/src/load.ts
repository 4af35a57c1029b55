import { writeSync } from 'node:fs';
import { openSequencer } from './open.ts';
import { createTally, tallyCommand } from './tally.ts';

/**
 * For tests: a process that loads the log in argv[2] for ever and writes each acknowledged sequence number as a line.
 * argv[3]: bytes of a segment; argv[4]: sync policy. Ends with 1 and the problem's code when the log fails.
 */
const [dir, segmentBytes, policy] = process.argv.slice(2) as [string, string, 'group-commit' | 'page-cache'];

try {
  const s = await openSequencer({
    dir,
    market: 'ARCX',
    machine: createTally(),
    segmentBytes: Number(segmentBytes),
    syncPolicy: policy,
    snapshotEvery: 2_000,
    consumers: ['books'],
    fatal: (problem) => {
      writeSync(2, `${problem.message}\n`);
      process.exit(1);
    },
  });
  writeSync(1, `${s.committedSeq}\n`);
  s.onCommitted((events) => writeSync(1, `${events.lastSeq}\n`));
  for (;;) {
    for (let n = 0; n < 4; n++) s.submit(tallyCommand(s.appliedSeq + 1));
    await s.committed(s.appliedSeq - 2);
  }
} catch (error) {
  writeSync(2, `${(error as Error).message}\n`);
  process.exit(1);
}
