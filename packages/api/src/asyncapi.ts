import type { TSchema } from '@meridian/base';
import { written } from './openapi.ts';
import { Acknowledge, Beat, Move, Refused, Snapshot, Subscribe, Unsubscribe, Update, VIEWS } from './stream.ts';

type JsonObject = Parameters<typeof written>[0];

const FROM_CLIENT = { subscribe: Subscribe, move: Move, unsubscribe: Unsubscribe, acknowledge: Acknowledge } as const;
const FROM_HOUSE = { snapshot: Snapshot, update: Update, beat: Beat, refused: Refused } as const;

const SUMMARIES: Readonly<Record<keyof typeof FROM_CLIENT | keyof typeof FROM_HOUSE, string>> = {
  subscribe: 'Look at a range of rows of a view',
  move: 'Look at another range; messages of lower versions are void',
  unsubscribe: 'Look away',
  acknowledge: 'The n-th message of the subscription has been drawn',
  snapshot: 'The rows of the range, by column',
  update: 'What changed in the range, by column',
  beat: 'Once a second: the line lives',
  refused: 'A message was refused',
};

/** AsyncAPI 3 of /v1/stream, out of the stream's own schemas (draft-07 dialect, which is AsyncAPI's own). */
export function asyncapi(): JsonObject {
  const named = new Map<string, JsonObject>();
  const message = (name: keyof typeof SUMMARIES, schema: TSchema): JsonObject => ({
    name,
    title: name,
    summary: SUMMARIES[name],
    contentType: 'application/json',
    payload: written(JSON.parse(JSON.stringify(schema)) as JsonObject, named),
  });
  const messages = Object.fromEntries(
    Object.entries({ ...FROM_CLIENT, ...FROM_HOUSE }).map(([name, schema]) => [
      name,
      message(name as keyof typeof SUMMARIES, schema),
    ]),
  );
  const on = (names: object): JsonObject[] =>
    Object.keys(names).map((name) => ({ $ref: `#/channels/stream/messages/${name}` }));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Meridian 子午: stream',
      version: '1',
      description:
        'One WebSocket with versioned viewports and columnar updates. What changes faster than a reader draws is conflated, ' +
        `never queued. Views: ${Object.entries(VIEWS)
          .map(([name, { columns }]) => `${name} (${columns.join(', ')})`)
          .join('; ')}.`,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      house: { host: 'localhost', pathname: '/', protocol: 'ws', security: [{ $ref: '#/components/securitySchemes/session' }] },
    },
    channels: {
      stream: {
        address: '/v1/stream',
        messages: Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings: { ws: { method: 'GET' } },
      },
    },
    operations: {
      take: {
        action: 'receive',
        channel: { $ref: '#/channels/stream' },
        messages: on(FROM_CLIENT),
        summary: 'What a reader says',
      },
      tell: {
        action: 'send',
        channel: { $ref: '#/channels/stream' },
        messages: on(FROM_HOUSE),
        summary: 'What the house says',
      },
    },
    components: {
      messages,
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { session: { type: 'httpApiKey', in: 'cookie', name: '__Host-meridian' } },
    },
  };
}
