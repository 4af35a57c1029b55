import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { readIfThere } from '../key-file.ts';

/** Keys of the user directory, each for one purpose, all from `identity.key` in the key folder (mode 0600). DS-6. */
export interface IdentityKeys {
  /** Names the file's key without telling it. */
  readonly id: string;
  /** Goes into every password hash: a stolen database alone cannot be guessed at. */
  readonly pepper: Buffer;
  readonly csrf: Buffer;
  /** What is limited or compared without being stored: addresses, recovery codes. */
  readonly lookup: Buffer;
  /** Sealed for `owner` alone: it opens for nobody else. AES-256-GCM; 12 bytes nonce, text, 16 bytes tag. */
  seal(owner: string, text: Uint8Array): Buffer;
  /** @throws Error when it was altered, or sealed for somebody else or by another key */
  open(owner: string, sealed: Uint8Array): Buffer;
}

const FILE = 'identity.key';

/** Reads the key, or makes it where there is none. */
export function loadIdentityKeys(folder: string): IdentityKeys {
  const secret = Buffer.from(secretOf(path.join(folder, FILE)), 'hex');
  if (secret.length !== 32) throw new Error(`${FILE} is not a key of 32 bytes`);
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `meridian identity ${purpose}`, 32));
  const sealing = derived('seal');
  return {
    id: createHash('sha256').update(derived('name')).digest('hex').slice(0, 16),
    pepper: derived('pepper'),
    csrf: derived('csrf'),
    lookup: derived('lookup'),
    seal(owner, text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(owner));
      return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    },
    open(owner, sealed) {
      const whole = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', sealing, whole.subarray(0, 12), { authTagLength: 16 })
        .setAAD(Buffer.from(owner))
        .setAuthTag(whole.subarray(-16));
      return Buffer.concat([decipher.update(whole.subarray(12, -16)), decipher.final()]);
    },
  };
}

/** Two processes that start at once end up with one key: linking a file in place fails where there is one already. */
function secretOf(file: string): string {
  const stored = readIfThere(file);
  if (stored !== undefined) return stored.trim();
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = fs.openSync(draft, 'wx', 0o600);
  try {
    fs.writeFileSync(handle, `${randomBytes(32).toString('hex')}\n`);
    fs.fsyncSync(handle);
    fs.linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.closeSync(handle);
    fs.rmSync(draft, { force: true });
  }
  return fs.readFileSync(file, 'utf8').trim();
}

/** A keyed fingerprint of something that must not be stored itself. base64url. */
export function fingerprint(key: Buffer, kind: string, value: string): string {
  return createHmac('sha256', key).update(`${kind}\0${value}`).digest('base64url');
}
