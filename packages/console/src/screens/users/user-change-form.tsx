import type { AnswerOf, BodyOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, reading } from '../../data/call.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Failure } from '../answer-panel.tsx';
import { dutyWords } from '../duty-words.ts';
import { nameOf } from '../names.ts';
import type { ItemOf } from '../pages.ts';
import { useChange } from '../use-change.ts';
import { text } from './text.ts';

type Ask = BodyOf<'POST /v1/users'>;
type Kind = Ask['change'];

const list = (text: string): string[] => text.split(/[\s,，]+/).filter((word) => word !== '');

/** Asks for a change of one user, or for a new one. Nothing happens before somebody else agrees. */
export function UserChangeForm({ user }: { readonly user: ItemOf<'GET /v1/users'> | undefined }) {
  const words = useText(text);
  const called = useText(dutyWords);
  const isFederated = (useQuery(reading('GET /v1/session/federation')).data?.name ?? null) !== null;
  const kinds: readonly Kind[] =
    user === undefined
      ? ['create']
      : ['duties', user.state === 'disabled' ? 'enable' : 'disable', ...(isFederated ? (['link', 'unlink'] as const) : [])];
  const [kind, setKind] = useState<Kind>(kinds[0] as Kind);
  const [name, setName] = useState(user?.user ?? '');
  const [duties, setDuties] = useState<readonly string[]>(user?.duties ?? []);
  const [places, setPlaces] = useState(user?.jurisdictions.join(' ') ?? 'CN');
  const [clients, setClients] = useState(user?.clients.join(' ') ?? '');
  const [entities, setEntities] = useState(user?.entities.join(' ') ?? '');
  const [subject, setSubject] = useState('');
  const [reason, setReason] = useState('');
  const table = useQuery(reading('GET /v1/duties'));
  const change = useChange(
    (body: Ask, idempotencyKey) => call('POST /v1/users', { body, idempotencyKey }),
    ['GET /v1/users', 'GET /v1/approvals'],
    ({ body }: { readonly body: AnswerOf<'POST /v1/users'> }) => words.waits(body.approval),
  );
  const shapes = kind === 'create' || kind === 'duties';
  const isOfSubject = kind === 'link' || kind === 'unlink';

  function send(event: FormEvent): void {
    event.preventDefault();
    const shape = {
      duties: [...duties],
      jurisdictions: list(places),
      clients: list(clients),
      entities: list(entities),
    };
    change.run({ change: kind, user: name, reason, ...(shapes ? shape : {}), ...(isOfSubject ? { subject } : {}) });
  }

  return (
    <Panel title={user === undefined ? words.create : words.change} about={user?.user}>
      <form className="form" onSubmit={send}>
        {kinds.length > 1 && (
          <fieldset>
            {kinds.map((each) => (
              <label key={each}>
                <input type="radio" name="kind" checked={kind === each} onChange={() => setKind(each)} />{' '}
                {nameOfKind(words.changes, each)}
              </label>
            ))}
          </fieldset>
        )}
        {user === undefined && (
          <Field label={words.name}>
            <input className="field" required value={name} onChange={(event) => setName(event.target.value)} maxLength={64} />
          </Field>
        )}
        {shapes && (
          <>
            <fieldset>
              <legend className="dim">{words.duties}</legend>
              {(table.data?.duties ?? []).map((duty) => (
                <label key={duty}>
                  <input
                    type="checkbox"
                    checked={duties.includes(duty)}
                    onChange={(event) =>
                      setDuties(event.target.checked ? [...duties, duty] : duties.filter((each) => each !== duty))
                    }
                  />{' '}
                  {nameOf(called, duty)}{' '}
                </label>
              ))}
            </fieldset>
            <Field label={words.jurisdictions}>
              <input className="field" value={places} onChange={(event) => setPlaces(event.target.value)} />
            </Field>
            <Field label={words.entities}>
              <input className="field" value={entities} onChange={(event) => setEntities(event.target.value)} />
            </Field>
            <Field label={words.clients}>
              <input className="field" value={clients} onChange={(event) => setClients(event.target.value)} />
            </Field>
          </>
        )}
        {isOfSubject && (
          <Field label={words.subject}>
            <input
              className="field"
              required
              value={subject}
              onChange={(event) => setSubject(event.target.value)}
              maxLength={255}
              spellCheck={false}
            />
          </Field>
        )}
        <Field label={words.reason} note={words.reasonNeeded}>
          <input
            className="field"
            required
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={400}
          />
        </Field>
        <Failure error={change.error} />
        <div className="actions">
          <Button kind="main" type="submit" disabled={change.running}>
            {words.send}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

const nameOfKind = (names: Readonly<Record<Kind, string>>, kind: Kind) => names[kind];
