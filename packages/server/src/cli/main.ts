import { enableCompileCache } from 'node:module';

enableCompileCache();
// Behind the cache: what is loaded before it is compiled anew at every start.
const { commandLine } = await import('./command-line.ts');
process.exitCode = await commandLine(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
