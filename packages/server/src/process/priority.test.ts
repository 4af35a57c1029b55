import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { test } from 'node:test';

const LINUX = os.platform() === 'linux' ? false : 'threads have priorities of their own on Linux';
const NICE = `(task) => { const stat = fs.readFileSync('/proc/self/task/' + task + '/stat', 'utf8'); return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17]); }`;

test('[AI-c] every thread of the server, and those it starts later, stand behind the nodes', { skip: LINUX }, () => {
  const program = `
    import fs from 'node:fs';
    import { Worker } from 'node:worker_threads';
    import { standBehindNodes } from ${JSON.stringify(new URL('./priority.ts', import.meta.url).href)};
    standBehindNodes();
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    worker.once('online', () => {
      console.log(JSON.stringify(fs.readdirSync('/proc/self/task').map(${NICE})));
      process.exit();
    });`;
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const nice = JSON.parse(told) as number[];
  assert.ok(nice.length > 2);
  const before = os.getPriority();
  assert.ok(
    nice.every((each) => each > before),
    told,
  );
});
