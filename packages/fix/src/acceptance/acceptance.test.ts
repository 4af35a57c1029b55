import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { difference, outgoingMessage, readDefinition } from './definition.ts';
import { echoAcceptor } from './echo.ts';
import { runDefinition } from './runner.ts';

const folder = new URL('../../../../data/fix/acceptance/fix44/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.def'));
const shared = new URL('../../../../../shared/data/fix/acceptance/fix44/', import.meta.url);

test('all 59 definitions of FIX 4.4 are there', () => {
  assert.equal(files.length, 59);
});

test('the definitions are those of the source', { skip: existsSync(shared) ? false : 'the source is absent' }, () => {
  for (const name of readdirSync(shared))
    assert.deepEqual(readFileSync(new URL(name, folder)), readFileSync(new URL(name, shared)), name);
});

// Two of them wait for heartbeats for more than ten seconds: all run at once, each against an acceptor of its own.
test('every acceptance definition holds', { concurrency: files.length }, async (t) => {
  await Promise.all(
    files.map((name) =>
      t.test(name, async () => {
        const acceptor = await echoAcceptor({ port: 0 });
        try {
          assert.equal(await runDefinition(readFileSync(new URL(name, folder), 'latin1'), acceptor.port), undefined);
        } finally {
          await acceptor.close();
        }
      }),
    ),
  );
});

test('the runner fails a definition that the acceptor does not keep', async () => {
  const acceptor = await echoAcceptor({ port: 0 });
  const logon = 'iCONNECT\nI8=FIX.4.4\x0135=A\x0134=1\x0149=TW44\x0152=<TIME>\x0156=ISLD\x0198=0\x01108=30\x01\n';
  const answer = (fields: string) => `E8=FIX.4.4\x0135=A\x0149=ISLD\x0156=TW44\x0152=00000000-00:00:00\x0198=0\x01${fields}\n`;
  try {
    assert.equal(await runDefinition(logon + answer('34=1\x01108=30\x01'), acceptor.port), undefined);
    assert.match(
      String(await runDefinition(logon + answer('34=2\x01108=30\x01'), acceptor.port)),
      /expected 34=2, received 34=1/,
    );
    assert.match(String(await runDefinition(logon + answer('34=1\x01'), acceptor.port)), /received 108=30/);
    assert.match(String(await runDefinition(`${logon}eDISCONNECT\n`, acceptor.port)), /expected the end/);
  } finally {
    await acceptor.close();
  }
});

test('definitions: framing is filled in, given framing is kept, times are compared by form', () => {
  const at = Date.UTC(2013, 9, 7, 13, 30);
  const text = (template: string) =>
    outgoingMessage(template.replaceAll('|', '\x01'), at).toString('latin1').replaceAll('\x01', '|');
  assert.equal(text('8=FIX.4.4|35=0|52=<TIME-60>|'), '8=FIX.4.4|9=26|35=0|52=20131007-13:29:00|10=217|');
  assert.equal(text('8=FIX.4.4|9=3|35=0|10=256|'), '8=FIX.4.4|9=3|35=0|10=256|');
  assert.equal(difference('52=00000000-00:00:00.000\x0110=0\x01', '10=123\x0152=20131007-13:30:00\x01'), undefined);
  assert.notEqual(difference('52=00000000-00:00:00.000\x01', '52=now\x01'), undefined);
  assert.notEqual(difference('58=a\x01', '58=a\x0158=a\x01'), undefined);
  assert.throws(() => readDefinition('xCONNECT'), SyntaxError);
});
