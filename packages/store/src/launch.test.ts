import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { openDatabase, type Postgres, runningPostgresUrl, startPostgres } from './index.ts';

const isRoot = process.getuid?.() === 0;
const settings = { shared_buffers: '32MB' };
let folder: string;
let dataDir: string;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-launch-'));
  fs.chmodSync(folder, 0o711);
  dataDir = path.join(folder, 'data');
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function ask(postgres: { url: string }, sql: string): Promise<unknown> {
  const database = openDatabase({ url: postgres.url, connectionsMax: 1 });
  try {
    const { rows } = await database.query(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await database.close();
  }
}

test('a first start makes a cluster in UTF8, C order and with checksums; the next start finds its data', async () => {
  let postgres = await startPostgres({ dataDir, settings });
  assert.equal(await ask(postgres, `SELECT current_setting('data_checksums')`), 'on');
  assert.equal(await ask(postgres, `SELECT current_setting('server_encoding')`), 'UTF8');
  assert.equal(await ask(postgres, `SELECT datcollate FROM pg_database WHERE datname = current_database()`), 'C');
  await ask(postgres, 'CREATE TABLE public.kept (a int)');
  await postgres.stop();
  postgres = await startPostgres({ dataDir, settings });
  assert.equal(postgres.adopted, false);
  assert.equal(await ask(postgres, `SELECT count(*) AS n FROM public.kept`), 0n);
  await postgres.stop();
  assert.equal(runningPostgresUrl(dataDir), undefined);
});

test('[DS-6] the password is generated, readable by its owner only, and demanded on every connection', async () => {
  const postgres = await startPostgres({ dataDir, settings });
  assert.equal(fs.statSync(path.join(dataDir, 'password')).mode & 0o777, 0o600);
  assert.equal(fs.statSync(dataDir).mode & 0o777, 0o700);
  const wrong = new URL(postgres.url);
  wrong.password = 'wrong';
  await assert.rejects(ask({ url: wrong.href }, 'SELECT 1'), (e) => (e as { code?: string }).code === '28P01');
  assert.equal(runningPostgresUrl(dataDir), postgres.url);
  await postgres.stop();
});

test('bad input: a port in use is named, whoever holds it', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as net.AddressInfo;
  await assert.rejects(
    startPostgres({ dataDir, port, settings }),
    (e) => isProblem(e, 'PORT_IN_USE') && e.params['port'] === port,
  );
  holder.close();
});

/** Starts the server in a process of its own and kills that process with no chance to clean up. */
async function orphan(): Promise<{ pid: number; port: number }> {
  const program = `import { startPostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    const p = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { shared_buffers: '32MB' } });
    console.log(JSON.stringify({ pid: p.pid, port: p.port }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.parse(line);
}

test('a server orphaned by a killed supervisor is adopted, and can then be stopped', async () => {
  const left = await orphan();
  const postgres = await startPostgres({ dataDir, settings });
  assert.deepEqual([postgres.adopted, postgres.pid, postgres.port], [true, left.pid, left.port]);
  const ended = new Promise<boolean>((resolve) => postgres.onExit(resolve));
  await postgres.stop();
  assert.equal(await ended, true);
  assert.equal(runningPostgresUrl(dataDir), undefined);
});

test('an orphan on another port than the wanted one is stopped and started anew', async () => {
  const left = await orphan();
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const postgres = await startPostgres({ dataDir, port, settings });
  assert.equal(postgres.adopted, false);
  assert.equal(postgres.port, port);
  assert.notEqual(postgres.pid, left.pid);
  await postgres.stop();
});

test('a postmaster.pid that names a living stranger does not keep the server from starting', async () => {
  const file = path.join(dataDir, 'cluster', 'postmaster.pid');
  fs.writeFileSync(file, `${process.pid}\n${dataDir}/cluster\n0\n1\n`);
  const owner = fs.statSync(path.join(dataDir, 'cluster'));
  fs.chownSync(file, owner.uid, owner.gid);
  const postgres = await startPostgres({ dataDir, settings });
  assert.equal(await ask(postgres, 'SELECT 1 AS one'), 1);
  await postgres.stop();
});

test('onExit tells a death from a stop', async () => {
  const postgres = await startPostgres({ dataDir, settings });
  const ended = new Promise<boolean>((resolve) => postgres.onExit(resolve));
  process.kill(postgres.pid, 'SIGKILL');
  assert.equal(await ended, false);
  const again: Postgres = await startPostgres({ dataDir, settings });
  assert.equal(await ask(again, 'SELECT 1 AS one'), 1);
  await again.stop();
});

test('two starts over one new folder at once end up with one server', async () => {
  const fresh = path.join(folder, 'both');
  const both = await Promise.all([startPostgres({ dataDir: fresh, settings }), startPostgres({ dataDir: fresh, settings })]);
  assert.equal(both[0].pid, both[1].pid);
  assert.deepEqual(both.map((postgres) => postgres.adopted).sort(), [false, true]);
  assert.deepEqual(fs.readdirSync(fresh).sort(), ['cluster', 'password', 'server.log']);
  await both[0].stop();
});

test('root may keep its data below a folder that nobody else can enter', { skip: !isRoot && 'not root' }, async () => {
  const closed = path.join(folder, 'closed');
  fs.mkdirSync(closed, { mode: 0o700 });
  const postgres = await startPostgres({ dataDir: path.join(closed, 'deep', 'data'), settings });
  assert.equal(await ask(postgres, 'SELECT 1 AS one'), 1);
  await postgres.stop();
});

const asUser = (user: string, home: string, program: string) =>
  execFileSync(
    'setpriv',
    [
      '--reuid',
      user,
      '--regid',
      'nogroup',
      '--clear-groups',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      program,
    ],
    {
      encoding: 'utf8',
      cwd: '/',
      env: { ...process.env, HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

const canBecomeNobody = isRoot && fs.existsSync('/usr/bin/setpriv') && fs.statSync(import.meta.dirname).mode % 2 === 1;

test('an ordinary user starts it in a folder of its own; root later takes it over as that user; others are refused', {
  skip: !canBecomeNobody && 'needs root and setpriv',
}, async () => {
  const home = path.join(folder, 'home');
  fs.mkdirSync(home);
  fs.chownSync(home, 65534, 65534);
  const program = `import { startPostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    const p = await startPostgres({ dataDir: ${JSON.stringify(path.join(home, 'data'))}, settings: { shared_buffers: '32MB' } }).catch((e) => ({ code: e.code, stop() {} }));
    console.log(p.code ?? 'ready'); await p.stop();`;
  assert.equal(asUser('nobody', home, program).trim(), 'ready');
  assert.equal(asUser('daemon', home, program).trim(), 'DATA_DIR_OWNER');
  const postgres = await startPostgres({ dataDir: path.join(home, 'data'), settings });
  assert.equal(fs.statSync(`/proc/${postgres.pid}`).uid, 65534);
  await postgres.stop();
});

test('bad input: a folder made by another major version, a folder of other things, a file, a lost password', async () => {
  const other = path.join(folder, 'other');
  fs.cpSync(dataDir, other, { recursive: true });
  for (const name of ['', 'cluster', 'password', 'cluster/PG_VERSION']) {
    const { uid, gid } = fs.statSync(path.join(dataDir, name));
    fs.chownSync(path.join(other, name), uid, gid);
  }
  fs.writeFileSync(path.join(other, 'cluster', 'PG_VERSION'), '15\n');
  await assert.rejects(
    startPostgres({ dataDir: other }),
    (e) => isProblem(e, 'DATA_DIR_VERSION') && e.params['found'] === '15',
  );
  fs.rmSync(path.join(other, 'password'));
  await assert.rejects(startPostgres({ dataDir: other }), (e) => isProblem(e, 'DATA_DIR_UNUSABLE'));
  const home = path.join(folder, 'documents');
  fs.mkdirSync(home);
  const file = path.join(home, 'file');
  fs.writeFileSync(file, '');
  const { uid } = fs.statSync(home);
  await assert.rejects(
    startPostgres({ dataDir: home }),
    (e) => isProblem(e, 'DATA_DIR_UNUSABLE') && /neither empty/.test(e.message),
  );
  assert.equal(fs.statSync(home).uid, uid);
  await assert.rejects(startPostgres({ dataDir: file }), (e) => isProblem(e, 'DATA_DIR_UNUSABLE'));
  await assert.rejects(startPostgres({ dataDir: path.join(file, 'below') }), (e) => isProblem(e, 'DATA_DIR_UNUSABLE'));
  await assert.rejects(startPostgres({ dataDir, binDir: folder }), (e) => isProblem(e, 'POSTGRES_BINARIES_MISSING'));
});

function smallDisk(megabytes: number): string | undefined {
  const mount = fs.mkdtempSync(path.join(folder, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', mount], { stdio: 'ignore' });
    return mount;
  } catch {
    return undefined;
  }
}

test('bad input: a full disk is named as such, at the first start and while writing; what was committed stays', async (t) => {
  const tiny = isRoot ? smallDisk(10) : undefined;
  if (tiny === undefined) return t.skip('needs root and tmpfs mounts');
  try {
    await assert.rejects(startPostgres({ dataDir: path.join(tiny, 'data'), settings }), (e) => isProblem(e, 'DISK_FULL'));
  } finally {
    execFileSync('umount', [tiny]);
  }
  const small = smallDisk(80) as string;
  try {
    const postgres = await startPostgres({
      dataDir: path.join(small, 'data'),
      settings: { ...settings, max_wal_size: '32MB', wal_recycle: 'off' },
    });
    const database = openDatabase({ url: postgres.url });
    await database.query('CREATE TABLE public.fill (a text STORAGE EXTERNAL)');
    await database.query(`INSERT INTO public.fill VALUES ('first')`);
    await assert.rejects(
      async () => {
        for (let i = 0; i < 400; i++)
          await database.query(`INSERT INTO public.fill SELECT repeat('x', 32000) FROM generate_series(1, 40)`);
      },
      (e) => isProblem(e, 'DISK_FULL') || isProblem(e, 'DATABASE_AWAY'),
    );
    await database.close();
    await postgres.stop();
    execFileSync('mount', ['-o', 'remount,size=200m', small]);
    const again = await startPostgres({ dataDir: path.join(small, 'data'), settings });
    assert.equal(await ask(again, `SELECT count(*) AS n FROM public.fill WHERE a = 'first'`), 1n);
    await again.stop();
    const filler = fs.openSync(path.join(small, 'filler'), 'w');
    assert.throws(() => {
      for (;;) fs.writeSync(filler, Buffer.alloc(4_096));
    }, /ENOSPC/);
    fs.closeSync(filler);
    await assert.rejects(startPostgres({ dataDir: path.join(small, 'data'), settings }), (e) => isProblem(e, 'DISK_FULL'));
  } finally {
    execFileSync('umount', ['-l', small]);
  }
});
