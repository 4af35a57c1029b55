/** The stand-alone acceptor with the echo application: `npm run acceptor -w @meridian/fix -- --port P`. */
import { parseArgs } from 'node:util';
import { echoAcceptor } from './echo.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '5001' }, host: { type: 'string', default: '127.0.0.1' } },
});
const acceptor = await echoAcceptor({ port: Number(values.port), host: values.host });
console.log(`listening on ${values.host}:${acceptor.port}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => acceptor.close());
