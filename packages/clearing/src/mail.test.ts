import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { SMTPServer } from 'smtp-server';
import { noticeId, openMailer, queueNotices, TRIES_MAX } from './mail.ts';

let scratch: ScratchDatabase;
let server: SMTPServer;
let port = 0;
const received: string[] = [];
let answer: 'accept' | 'refuse' | 'accept then drop' = 'accept';

before(async () => {
  scratch = await scratchDatabase([path.join(import.meta.dirname, '..', 'migrations')]);
  await scratch.database.query(
    `INSERT INTO clearing.batch (batch, kind, market, business, clearing_date, seq) VALUES ('b', 'market', 'T', 'swap', '2013-10-07', 1)`,
  );
  await scratch.database.query(
    `INSERT INTO clearing.attempt (batch, attempt, from_step, trigger, actor, reason, epoch, state, at, config_hash, code_version, holder)
     VALUES ('b', 1, 0, 'auto', 'a', 'r', 1, 'running', 1, 'c', '1', 'h')`,
  );
  await scratch.database.query(
    `INSERT INTO clearing.document (id, batch, attempt, kind, format, file_name, sha256, content)
     VALUES ('d1', 'b', 1, 'batch-report', 'html', '报告.html', 'x', convert_to('<h1>清算</h1>', 'UTF8'))`,
  );
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, callback) {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      stream.on('end', () => {
        if (answer === 'refuse') return callback(new Error('mailbox is full'));
        received.push(text);
        // The mail is taken, and the sender never hears of it.
        if (answer === 'accept then drop') return callback(new Error('connection lost'));
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  port = (server.server.address() as AddressInfo).port;
});
after(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await scratch.remove();
});

const notice = (recipient: string) => ({
  ...{ batch: 'b', attempt: 1, kind: 'batch-report' as const, recipient, subject: '清算报告\r\nBcc: evil@example.org' },
  documents: ['d1'],
});
const mailer = () => openMailer(scratch.database, { host: '127.0.0.1', port, from: 'clearing@meridian.example' });
const dueNow = () =>
  scratch.database.query(`UPDATE clearing.notification SET next_wall = clock_timestamp() WHERE state = 'queued'`);
const messageIds = () => received.map((text) => /^Message-ID: (.*)$/im.exec(text)?.[1]?.trim());

test('[CL-f] a mail goes out once, with the report inside and no header of its data’s making', async () => {
  await queueNotices(scratch.database, [notice('one@example.org')]);
  await queueNotices(scratch.database, [notice('one@example.org')]);
  const out = mailer();
  assert.deepEqual(await out.deliver(), { sent: 1, failed: 0, dead: 0, left: 0 });
  assert.deepEqual(await out.deliver(), { sent: 0, failed: 0, dead: 0, left: 0 });
  out.close();
  assert.equal(received.length, 1);
  assert.doesNotMatch(received[0] ?? '', /^Bcc:/im);
  assert.deepEqual(messageIds(), [`<${noticeId(notice('one@example.org'))}@meridian.example>`]);
});

test('[CL-f] a failing mail server fails nothing: the mail stays queued, is tried a bounded number of times, then is dead', async () => {
  answer = 'refuse';
  await queueNotices(scratch.database, [notice('two@example.org')]);
  const out = mailer();
  for (let n = 1; n < TRIES_MAX; n++) {
    assert.deepEqual(await out.deliver(), { sent: 0, failed: 1, dead: 0, left: 1 });
    assert.deepEqual(await out.deliver(), { sent: 0, failed: 0, dead: 0, left: 1 }, 'backed off');
    await dueNow();
  }
  assert.deepEqual(await out.deliver(), { sent: 0, failed: 0, dead: 1, left: 0 });
  out.close();
});

test('[CL-f] a mail that was taken without our knowing is sent again under the same Message-ID: a mailbox sees one', async () => {
  received.length = 0;
  answer = 'accept then drop';
  await queueNotices(scratch.database, [notice('three@example.org')]);
  const out = mailer();
  assert.equal((await out.deliver()).failed, 1);
  answer = 'accept';
  await dueNow();
  assert.equal((await out.deliver()).sent, 1);
  out.close();
  assert.equal(received.length, 2);
  assert.equal(new Set(messageIds()).size, 1);
});

test('[CL-f] no server at all is a failure like any other', async () => {
  await queueNotices(scratch.database, [notice('four@example.org')]);
  const out = openMailer(scratch.database, { host: '127.0.0.1', port: 1, from: 'clearing@meridian.example' });
  assert.deepEqual(await out.deliver(), { sent: 0, failed: 1, dead: 0, left: 1 });
  out.close();
});
