import fs from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server on loopback that keeps what it receives as files: the demo's mailbox, and the tests'. */
export interface Mailbox {
  readonly port: number;
  /** Files of the mails received, oldest first. */
  mails(): string[];
  close(): Promise<void>;
}

const MAIL_BYTES_MAX = 20 << 20;

/** A mail with a Message-ID that is there already is taken and not kept twice: the sender may not know that it got through. */
export async function openMailbox(folder: string, port: number): Promise<Mailbox> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: MAIL_BYTES_MAX,
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('error', done);
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('message too large'), { responseCode: 552 }));
        const mail = Buffer.concat(parts);
        try {
          keep(folder, mail);
          done();
        } catch (error) {
          done(Object.assign(error as Error, { responseCode: 452 }));
        }
        return undefined;
      });
      void session;
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.server.address() as { port: number }).port,
    mails: () =>
      fs
        .readdirSync(folder)
        .filter((file) => file.endsWith('.eml'))
        .map((file) => path.join(folder, file))
        .sort((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Written beside and renamed, so that a mail is whole or not there. */
function keep(folder: string, mail: Buffer): void {
  const head = mail.subarray(0, 16_384).toString('latin1');
  const id = /^message-id:\s*<([^>\r\n]{1,200})>/im.exec(head)?.[1] ?? `unnamed-${Date.now()}`;
  const file = path.join(folder, `${id.replace(/[^A-Za-z0-9@._-]/g, '_')}.eml`);
  if (fs.existsSync(file)) return;
  const fresh = `${file}.tmp`;
  const descriptor = fs.openSync(fresh, 'w', 0o600);
  fs.writeSync(descriptor, mail);
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
  fs.renameSync(fresh, file);
}
