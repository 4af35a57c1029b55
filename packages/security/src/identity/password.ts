import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { problem } from './problems.ts';

/** argon2id, one lane, 32 bytes. */
export interface StoredPassword {
  readonly hash: Buffer;
  readonly salt: Buffer;
  readonly memoryKib: number;
  readonly passes: number;
}

export interface PasswordHasher {
  /** @throws Problem SIGN_IN_BUSY */
  hash(user: string, password: string): Promise<StoredPassword>;
  /**
   * Judges a password when its turn comes. `stored` is read then, not before: what was asked for while waiting may have
   * been locked meanwhile. Where there is nothing stored the same work is done, and nothing matches.
   * @throws Problem SIGN_IN_BUSY when too many wait already; whatever `stored` throws, without computing
   */
  verify(
    user: string,
    password: string,
    stored: () => Promise<StoredPassword | undefined>,
  ): Promise<{ readonly matches: boolean; readonly isOutdated: boolean }>;
  /** Hashes computed since it was opened. */
  computed(): number;
}

export interface PasswordHasherOptions {
  readonly pepper: Buffer;
  /** Default 19 MiB, 2 passes: OWASP's least for argon2id. */
  readonly memoryKib?: number;
  readonly passes?: number;
  /** Hashes computed at a time; default 2. */
  readonly concurrentMax?: number;
  /** Callers that wait; default 64. */
  readonly queueMax?: number;
}

/** How long a caller is told to stay away when the queue is full, seconds. */
const BUSY_SECONDS = 2;

export function openPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { pepper, memoryKib = 19_456, passes = 2, concurrentMax = 2, queueMax = 64 } = options;
  const inTurn = turnstile(concurrentMax, queueMax);
  let computed = 0;
  const compute = (user: string, password: string, salt: Buffer, memory: number, rounds: number) => {
    computed++;
    return argon2id({
      message: Buffer.from(password.normalize('NFKC')),
      nonce: salt,
      secret: pepper,
      associatedData: Buffer.from(user),
      parallelism: 1,
      tagLength: 32,
      memory,
      passes: rounds,
    });
  };
  const nobody: StoredPassword = { hash: randomBytes(32), salt: randomBytes(16), memoryKib, passes };
  return {
    computed: () => computed,
    hash: (user, password) =>
      inTurn(async () => {
        const salt = randomBytes(16);
        return { hash: await compute(user, password, salt, memoryKib, passes), salt, memoryKib, passes };
      }),
    verify: (user, password, stored) =>
      inTurn(async () => {
        const known = await stored();
        const { hash, salt, memoryKib: memory, passes: rounds } = known ?? nobody;
        const matches = timingSafeEqual(await compute(user, password, salt, memory, rounds), hash) && known !== undefined;
        return { matches, isOutdated: memory !== memoryKib || rounds !== passes };
      }),
  };
}

type Argon2Options = Parameters<typeof argon2>[1];

const argon2id = (options: Argon2Options) =>
  new Promise<Buffer>((resolve, reject) => {
    argon2('argon2id', options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });

/** Lets `concurrentMax` work at a time and `queueMax` wait; the rest is turned away. */
function turnstile(concurrentMax: number, queueMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async (work) => {
    if (working >= concurrentMax) {
      if (waiting.length >= queueMax) throw problem('SIGN_IN_BUSY', { retry_after: BUSY_SECONDS });
      // Whoever leaves hands over the place: the count stays.
      await new Promise<void>((resolve) => void waiting.push(resolve));
    } else working++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) working--;
      else next();
    }
  };
}

const CHARS_MIN = 12;
const CHARS_MAX = 200;

/** What people write when they are asked for twelve characters; compared without case, digits at the end and signs. */
const COMMON: ReadonlySet<string> = new Set([
  ...['password', 'passwordpassword', 'qwertyuiop', 'qwertyuiopasdf', 'asdfghjkl', 'iloveyou', 'letmein', 'letmeinplease'],
  ...['administrator', 'adminadmin', 'welcome', 'welcometochina', 'changeme', 'changemenow', 'trustno', 'correcthorsebattery'],
  ...['meridian', 'meridianmeridian', 'woaini', 'woainimama', 'abcdefghijkl', 'abcdefghijklm', 'qazwsxedcrfv', 'zaqxswcdevfr'],
]);

/** Whether it can be anybody's password at all: costs nothing, asked before anything is computed. */
export function isPossiblePassword(password: string): boolean {
  const { length } = [...password.normalize('NFKC').slice(0, 4 * CHARS_MAX)];
  return length >= CHARS_MIN && length <= CHARS_MAX;
}

/** @throws Problem PASSWORD_WEAK */
export function checkPassword(user: string, password: string): void {
  const folded = password.normalize('NFKC').toLowerCase();
  const letters = folded.replace(/[^\p{L}]/gu, '');
  const isRun = [...folded].every(
    (c, i, all) => i === 0 || Math.abs(c.charCodeAt(0) - (all[i - 1] as string).charCodeAt(0)) <= 1,
  );
  if (
    !isPossiblePassword(password) ||
    new Set(folded).size < 5 ||
    isRun ||
    /^\d+$/.test(folded) ||
    COMMON.has(letters) ||
    (user.length >= 4 && folded.includes(user))
  )
    throw problem('PASSWORD_WEAK');
}

/** Without letters and digits that look alike. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Twenty random characters in groups of five: 99 bits. */
export function generatePassword(): string {
  for (;;) {
    const password = Array.from({ length: 4 }, () =>
      Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
    ).join('-');
    // Somebody is told to use it: it must pass what a chosen one must pass.
    if (new Set(password).size >= 8) return password;
  }
}
