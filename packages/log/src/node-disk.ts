import fs from 'node:fs';
import { promisify } from 'node:util';
import type { Disk, DiskFile } from './disk.ts';
import { lockFolder } from './lock.ts';
import { diskProblem } from './problems.ts';

const close = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const ftruncate = promisify(fs.ftruncate);

/** The machine's own disk. Operations run on the thread pool; callbacks, because promise file handles cost more. */
export const nodeDisk: Disk = {
  makeDirectory: (path) => guarded('mkdir', path, async () => void (await fs.promises.mkdir(path, { recursive: true }))),
  list: (path) => guarded('readdir', path, async () => (await fs.promises.readdir(path)).sort()),
  open: (path, mode) => guarded('open', path, async () => fileOf(fs.openSync(path, mode === 'read' ? 'r' : 'r+'), path)),
  create: (path) => guarded('open', path, async () => fileOf(fs.openSync(path, 'w+', 0o640), path)),
  rename: (from, to) => guarded('rename', to, () => fs.promises.rename(from, to)),
  remove: (path) => guarded('unlink', path, () => fs.promises.unlink(path)),
  syncDirectory: (path) =>
    guarded('fsync', path, async () => {
      const handle = await fs.promises.open(path, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }),
  lock: (path) =>
    guarded('lock', path, async () => {
      const release = lockFolder(path);
      return async () => release();
    }),
};

async function guarded<T>(operation: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw diskProblem(error, operation, path);
  }
}

function fileOf(fd: number, path: string): DiskFile {
  return {
    path,
    size: () => guarded('fstat', path, async () => fs.fstatSync(fd).size),
    async read(target, position) {
      let done = 0;
      while (done < target.length) {
        const count = await readOnce(fd, path, target, done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    },
    write: (parts, position) =>
      new Promise((resolve, reject) =>
        fs.writev(fd, parts as Uint8Array[], position, (error, written) =>
          error === null ? resolve(written) : reject(diskProblem(error, 'write', path)),
        ),
      ),
    writeNow(parts, position) {
      try {
        return fs.writevSync(fd, parts as Uint8Array[], position);
      } catch (error) {
        throw diskProblem(error, 'write', path);
      }
    },
    sync: () => guarded('fdatasync', path, () => fdatasync(fd)),
    truncate: (size) => guarded('truncate', path, () => ftruncate(fd, size)),
    close: () => guarded('close', path, () => close(fd)),
  };
}

function readOnce(fd: number, path: string, target: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(fd, target, offset, target.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(diskProblem(error, 'read', path)),
    ),
  );
}
