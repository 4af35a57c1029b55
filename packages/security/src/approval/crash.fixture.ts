import { openDatabase } from '@meridian/store';
import { openInbox, RISK } from './limit.fixture.ts';

/** A process that approves a request and dies on the way: `node crash.fixture.ts URL KEYS ID MOMENT`. */
const [url = '', keys = '', id = '', moment = ''] = process.argv.slice(2);
const { approvals, switches } = openInbox(openDatabase({ url }), keys);
const die = () => void process.kill(process.pid, 'SIGKILL');
if (moment === 'approved') switches.read = die;
if (moment === 'before') switches.before = die;
if (moment === 'after') switches.after = die;
await approvals.decide(RISK, id, { verdict: 'approve', reason: 'fine' });
