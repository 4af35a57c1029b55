import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import path from 'node:path';
import { canonicalJson, type Instant, wallClock } from '@meridian/base';
import { catalogue, type FieldLine, mask } from '@meridian/catalog';
import { type Database, instantParameter, type Queryable, type Transaction } from '@meridian/store';
import type { Duty } from './duty.ts';
import { readIfThere, writeSecret } from './key-file.ts';
import { problem } from './problems.ts';

export type AuditValue = string | number | boolean | bigint | null;

/** One operator command as it is recorded. */
export interface AuditRecord {
  readonly actor: string;
  readonly duty: Duty;
  /** "clear run", "backup", "kill switch". */
  readonly action: string;
  /** What it acted on: "XNYS 2013-10-07". */
  readonly target: string;
  /** Declared by {@link auditParams}; sensitive ones are stored masked. */
  readonly params?: Readonly<Record<string, AuditValue>>;
  /** "done", "refused: PORT_IN_USE". */
  readonly outcome: string;
}

/** An entry of the chain. */
export interface AuditEntry extends Required<AuditRecord> {
  /** 1, 2, 3 … without gaps. */
  readonly no: bigint;
  /** Wall time. */
  readonly at: Instant;
  readonly prevHash: string;
  readonly hash: string;
}

/** The hash before the first entry. */
const GENESIS = '0'.repeat(64);

/** pg_advisory_xact_lock key of appending. */
const LOCK = 0x6175_6469;

const paramFields = new Map<string, { readonly sensitive: boolean; readonly mask: Parameters<typeof mask>[0] }>();

/** Declares the parameters of a room's operator commands; what is not declared is not recorded but refused. DS-1. */
export function auditParams(room: string, lines: Readonly<Record<string, FieldLine>>): void {
  const { fields } = catalogue.entity(
    `${room}.audit_param`,
    {
      title: { zh: `${room} 审计参数`, en: `Audit parameters of ${room}` },
      kind: 'message',
      owner: 'security',
      purpose: ['audit'],
    },
    lines,
  );
  for (const [key, field] of Object.entries(fields)) paramFields.set(key, field);
}

export interface AuditLog {
  /** Appends an entry in the transaction of what it records. @throws Problem AUDIT_PARAM_UNDECLARED | AUDIT_BROKEN */
  append(tx: Transaction, record: AuditRecord): Promise<AuditEntry>;
  /** Appends in a transaction of its own and moves the checkpoint. */
  record(record: AuditRecord): Promise<AuditEntry>;
  /** Notes the end of the chain outside the database. After commits: the note may lag behind, never run ahead. */
  checkpoint(): Promise<void>;
  /** Checks the whole chain. */
  verify(): Promise<AuditVerdict>;
}

/**
 * The audit log of operator commands in PostgreSQL: every entry holds the hash of the one before, the head is signed
 * with an Ed25519 key in `folder` (mode 0600), and the head is noted in a file there as well. Edits, deletions,
 * insertions, exchanges and truncation are found by {@link AuditLog.verify}, also when the database's owner made them.
 */
export function openAuditLog(database: Database, folder: string): AuditLog {
  const key = signingKey(path.join(folder, 'audit.key'));
  const note = path.join(folder, 'audit.head');
  const checkpoint = async () => {
    const head = await readHead(database);
    if (head !== undefined) writeSecret(note, `${canonicalJson(head)}\n`);
  };
  const append = (tx: Transaction, record: AuditRecord) => appendEntry(tx, key, record);
  return {
    append,
    checkpoint,
    async record(record) {
      const entry = await database.transaction((tx) => append(tx, record));
      await checkpoint();
      return entry;
    },
    verify: () =>
      database.transaction((tx) => verifyChain(tx, key, readIfThere(note)), { isolation: 'repeatable read', readOnly: true }),
  };
}

function signingKey(file: string): KeyObject {
  const stored = readIfThere(file);
  if (stored !== undefined) return createPrivateKey(stored);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeSecret(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

interface Head {
  readonly no: string;
  readonly hash: string;
  readonly key_id: string;
  readonly signature: string;
}

const headBytes = (no: bigint | string, hash: string) => Buffer.from(`meridian audit head ${no} ${hash}`);

function keyId(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 16);
}

async function readHead(over: Queryable): Promise<Head | undefined> {
  return (await over.query<Head & object>(`SELECT no::text AS no, hash, key_id, signature FROM security.audit_head`)).rows[0];
}

async function appendEntry(tx: Transaction, key: KeyObject, record: AuditRecord): Promise<AuditEntry> {
  const params = recorded(record.params ?? {});
  // One append at a time: each must see the head that the one before it committed.
  await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  const head = await readHead(tx);
  if (head !== undefined && !isSigned(head, key))
    throw problem('AUDIT_BROKEN', { reason: 'the signature of the head is wrong' });
  const content = {
    no: head === undefined ? 1n : BigInt(head.no) + 1n,
    at: wallClock.now(),
    actor: record.actor,
    duty: record.duty,
    action: record.action,
    target: record.target,
    params,
    outcome: record.outcome,
    prevHash: head?.hash ?? GENESIS,
  };
  const entry: AuditEntry = { ...content, hash: hashOf(content) };
  await tx.query(
    `INSERT INTO security.audit_entry (no, at, actor, duty, action, target, params, outcome, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      entry.no,
      instantParameter(entry.at),
      entry.actor,
      entry.duty,
      entry.action,
      entry.target,
      { json: params },
      entry.outcome,
      entry.prevHash,
      entry.hash,
    ],
  );
  const signature = sign(null, headBytes(entry.no, entry.hash), key).toString('base64');
  const write =
    head === undefined
      ? 'INSERT INTO security.audit_head (no, hash, key_id, signature) VALUES ($1, $2, $3, $4)'
      : 'UPDATE security.audit_head SET no = $1, hash = $2, key_id = $3, signature = $4';
  await tx.query(write, [entry.no, entry.hash, keyId(key), signature]);
  return entry;
}

function recorded(params: Readonly<Record<string, AuditValue>>): Record<string, AuditValue> {
  const shown: Record<string, AuditValue> = {};
  for (const [name, value] of Object.entries(params)) {
    const field = paramFields.get(name);
    const isPlain = typeof value === 'number' ? Number.isSafeInteger(value) : value === null || typeof value !== 'object';
    if (field === undefined || !isPlain) throw problem('AUDIT_PARAM_UNDECLARED', { name: name.slice(0, 64) });
    const text = typeof value === 'bigint' ? value.toString() : value;
    shown[name] = field.sensitive ? (mask(field.mask, text) as AuditValue) : text;
  }
  return shown;
}

function hashOf(content: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

function isSigned(head: Head, key: KeyObject): boolean {
  return (
    head.key_id === keyId(key) &&
    verify(null, headBytes(head.no, head.hash), createPublicKey(key), Buffer.from(head.signature, 'base64'))
  );
}

/**
 * The first thing that is wrong. `missing` an entry was deleted · `edited` its content is not what was hashed · `link`
 * it does not follow its predecessor: inserted, exchanged or rewritten · `truncated` the chain ends before its head ·
 * `beyond` entries after the head · `head` the head is absent, altered or not signed with our key · `note` the note in
 * the data folder contradicts the database: both were rolled back.
 */
export interface AuditFault {
  readonly no: bigint;
  readonly kind: 'missing' | 'edited' | 'link' | 'truncated' | 'beyond' | 'head' | 'note';
}

export interface AuditVerdict {
  readonly entries: bigint;
  readonly fault: AuditFault | undefined;
}

const PAGE = 5_000;

async function verifyChain(tx: Queryable, key: KeyObject, note: string | undefined): Promise<AuditVerdict> {
  const noted = note === undefined ? undefined : notedHead(note);
  let [last, lastHash, isNoteMet] = [0n, GENESIS, noted === undefined];
  for (;;) {
    const entries = await readEntries(tx, last);
    for (const entry of entries) {
      const fault = entryFault(entry, last, lastHash);
      if (fault !== undefined) return { entries: last, fault };
      [last, lastHash] = [entry.no, entry.hash];
      if (noted !== undefined && BigInt(noted.no) === last) isNoteMet = noted.hash === lastHash;
    }
    if (entries.length < PAGE) break;
  }
  return {
    entries: last,
    fault:
      endFault(await readHead(tx), key, last, lastHash) ??
      (isNoteMet ? undefined : { no: BigInt(noted?.no ?? 0), kind: 'note' }),
  };
}

/** A note that cannot be read meets no entry: its fault is found at the end. */
function notedHead(note: string): Pick<Head, 'no' | 'hash'> {
  try {
    const { no, hash } = JSON.parse(note) as Head;
    return { no: /^\d{1,18}$/.test(no) ? no : '0', hash };
  } catch {
    return { no: '0', hash: '' };
  }
}

function entryFault(entry: AuditEntry, last: bigint, lastHash: string): AuditFault | undefined {
  const { hash, ...content } = entry;
  if (entry.no !== last + 1n) return { no: last + 1n, kind: 'missing' };
  if (hashOf(content) !== hash) return { no: entry.no, kind: 'edited' };
  return entry.prevHash === lastHash ? undefined : { no: entry.no, kind: 'link' };
}

function endFault(head: Head | undefined, key: KeyObject, last: bigint, lastHash: string): AuditFault | undefined {
  if (head === undefined) return last === 0n ? undefined : { no: last, kind: 'head' };
  if (!isSigned(head, key)) return { no: BigInt(head.no), kind: 'head' };
  if (BigInt(head.no) > last) return { no: last + 1n, kind: 'truncated' };
  if (BigInt(head.no) < last) return { no: BigInt(head.no) + 1n, kind: 'beyond' };
  return head.hash === lastHash ? undefined : { no: last, kind: 'link' };
}

async function readEntries(tx: Queryable, after: bigint): Promise<AuditEntry[]> {
  const { rows } = await tx.query<AuditEntry>(
    `SELECT no, at, actor, duty, action, target, params, outcome, prev_hash AS "prevHash", hash
       FROM security.audit_entry WHERE no > $1 ORDER BY no LIMIT ${PAGE}`,
    [after],
  );
  return rows;
}
