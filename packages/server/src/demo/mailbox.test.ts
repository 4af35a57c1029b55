import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openMailbox } from './mailbox.ts';

/** Says the lines to the server one after the other, each after an answer; returns the codes answered. */
function converse(port: number, lines: readonly string[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const codes: number[] = [];
    const rest = [...lines];
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (line[3] === '-') continue;
        codes.push(Number(line.slice(0, 3)));
        const next = rest.shift();
        if (next === undefined) return void socket.end();
        socket.write(`${next}\r\n`);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(codes));
  });
}

const mail = (id: string, body: string) => [
  'EHLO test',
  'MAIL FROM:<a@meridian.example>',
  'RCPT TO:<b@client.example>',
  'DATA',
  `Message-ID: <${id}>\r\nSubject: Statement\r\n\r\n${body}\r\n.`,
];
const TAKEN = [220, 250, 250, 250, 354, 250];

test('a mail sent again under its Message-ID is taken and kept once, as it first came', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-mailbox-'));
  const mailbox = await openMailbox(folder, 0);
  try {
    assert.deepEqual(await converse(mailbox.port, mail('one@meridian', 'first')), TAKEN);
    assert.deepEqual(await converse(mailbox.port, mail('one@meridian', 'again')), TAKEN);
    assert.deepEqual(await converse(mailbox.port, mail('two@meridian', 'second')), TAKEN);
    const mails = mailbox.mails();
    assert.deepEqual(
      mails.map((file) => path.basename(file)),
      ['one@meridian.eml', 'two@meridian.eml'],
    );
    assert.match(fs.readFileSync(mails[0] as string, 'utf8'), /first/);
  } finally {
    await mailbox.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('bad input: a Message-ID cannot name a file elsewhere; a mail over the bound is refused and not kept', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-mailbox-'));
  const mailbox = await openMailbox(path.join(folder, 'mails'), 0);
  try {
    assert.deepEqual(await converse(mailbox.port, mail('../../../escaped', 'x')), TAKEN);
    assert.deepEqual(fs.readdirSync(folder), ['mails']);
    assert.equal(mailbox.mails().length, 1);
    const huge = await converse(mailbox.port, mail('huge@meridian', `${'y'.repeat(998)}\r\n`.repeat(21_500)));
    assert.deepEqual(huge, [...TAKEN.slice(0, 5), 552]);
    assert.equal(mailbox.mails().length, 1);
  } finally {
    await mailbox.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('bad input: a port in use stops the mailbox from opening', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-mailbox-'));
  const first = await openMailbox(folder, 0);
  try {
    await assert.rejects(openMailbox(folder, first.port), /PORT_IN_USE|EADDRINUSE/);
  } finally {
    await first.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
