import '../rooms.ts';
import { silentLogger } from '@meridian/base';
import { type AuditLog, openAuditLog, openAuthorizer } from '@meridian/security';
import { openDatabase } from '@meridian/store';
import { endpointsWithEffect } from './crash-effect.fixture.ts';
import { openHttpDoor } from './door.ts';
import { person, STATUS, scratchSessions } from './scratch-door.fixture.ts';

/**
 * A server that dies over a change: `node crash.fixture.ts URL KEYS MOMENT`. It tells its port and a token, does the change once
 * it is asked, and is killed `before` its effect, `after` it, while its outcome is `noting`, or when it was `noted` and not
 * answered.
 */
const [url = '', keys = '', dieAt = ''] = process.argv.slice(2);
const database = openDatabase({ url });
const at = (moment: string) => void (moment === dieAt && process.kill(process.pid, 'SIGKILL'));
const chain = openAuditLog(database, keys);
const audit: AuditLog = {
  ...chain,
  async append(tx, record) {
    const entry = await chain.append(tx, record);
    at('noting');
    return entry;
  },
  async checkpoint() {
    at('noted');
    return chain.checkpoint();
  },
};
const sessions = scratchSessions();
const door = await openHttpDoor({
  ...{ port: 0, directory: sessions, authorizer: openAuthorizer(), secondFactor: 'optional', audit, database },
  ...{ endpoints: endpointsWithEffect(database, at), logger: silentLogger },
  status: { status: async () => STATUS, ready: async () => true },
});
process.send?.({ port: door.port, token: sessions.admit(person('risk', ['risk'])) });
