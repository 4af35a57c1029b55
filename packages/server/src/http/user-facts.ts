import type { AnswerOf } from '@meridian/api';
import type { Instant } from '@meridian/base';
import type { Queryable } from '@meridian/store';

/** What a user can show besides the password, and how it is used; for the session's own page and the list of users. */
export interface UserFacts {
  readonly factors: AnswerOf<'GET /v1/session'>['factors'];
  /** Live sessions. */
  readonly sessions: number;
  readonly lastSignIn: Instant | null;
  /** Changes made of the user so far: its version. */
  readonly changes: number;
}

/** Of every user, by name. */
export async function userFacts(over: Queryable, name?: string): Promise<ReadonlyMap<string, UserFacts>> {
  const { rows } = await over.query<Row>(
    `SELECT u.name,
            EXISTS (SELECT FROM security.totp t WHERE t.user_name = u.name AND t.sealed IS NOT NULL) AS totp,
            EXISTS (SELECT FROM security.passkey p WHERE p.user_name = u.name) AS webauthn,
            EXISTS (SELECT FROM security.recovery_code r WHERE r.user_name = u.name) AS recovery,
            (SELECT count(*) FROM security.session s
              WHERE s.user_name = u.name AND s.ended_at IS NULL AND s.expires_at > now())::int AS sessions,
            (SELECT max(s.signed_in_at) FROM security.session s WHERE s.user_name = u.name) AS last_sign_in,
            (SELECT count(*) FROM security.user_change c WHERE c.user_name = u.name)::int AS changes
       FROM security.user u WHERE $1::text IS NULL OR u.name = $1 ORDER BY u.name LIMIT 10000`,
    [name ?? null],
  );
  return new Map(
    rows.map((row) => [
      row.name,
      {
        factors: (['totp', 'webauthn', 'recovery'] as const).filter((each) => row[each]),
        ...{ sessions: row.sessions, lastSignIn: row.last_sign_in, changes: row.changes },
      },
    ]),
  );
}

interface Row {
  readonly name: string;
  readonly totp: boolean;
  readonly webauthn: boolean;
  readonly recovery: boolean;
  readonly sessions: number;
  readonly last_sign_in: Instant | null;
  readonly changes: number;
}
