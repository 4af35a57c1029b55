import { closed, type Static, Type } from '@meridian/base';
import { Text, Token } from './shape.ts';

/** RFC 9457, as every refusal is answered. `params` let the reader say it again in other words. */
export const ProblemDocument = closed(
  {
    type: Token(200),
    code: Token(64),
    title: Text(200),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Text(2_000),
    remedy: Text(2_000),
    params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
    /** Names the request in the house's log. */
    trace: Token(64),
  },
  { $id: 'Problem' },
);
export type ProblemDocument = Static<typeof ProblemDocument>;
