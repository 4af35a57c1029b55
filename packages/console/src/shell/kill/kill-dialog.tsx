import type { BodyOf } from '@meridian/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, reading } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber } from '../../format/number.ts';
import { BEIJING, formatMoment, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { Release } from './release.tsx';
import { text } from './text.ts';

type KillRequest = BodyOf<'POST /v1/kill/preview'>;
const SCOPES = ['firm', 'market', 'client', 'account', 'order'] as const;

/**
 * The kill switch: scope, dry run with its count, the scope's name typed, and only then the stop. One person engages it; it is
 * released by two.
 */
export default function KillDialog({ close }: { readonly close: () => void }) {
  const words = useText(text);
  const mayEngage = useMay('kill.engage');
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<KillRequest>({ scope: 'firm', reason: '' });
  const [typed, setTyped] = useState('');
  const preview = useMutation({ mutationFn: (body: KillRequest) => call('POST /v1/kill/preview', { body }) });
  const engage = useMutation({
    mutationFn: (body: KillRequest) => call('POST /v1/kill', { body, idempotencyKey: attempt }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['GET /v1/kill'] }),
  });
  // One attempt, one key: pressing again after silence does not stop twice.
  const [attempt] = useState(() => crypto.randomUUID());
  const counted = preview.data?.body;
  // The house confirms by its own name of the scope; what is typed is the user's word for it.
  const word = wanted.scope === 'firm' ? words.firmWord : counted?.name;
  const change = (next: Partial<KillRequest>) => {
    setWanted((old) => ({ ...old, ...next }));
    setTyped('');
    preview.reset();
    engage.reset();
  };
  const needsId = wanted.scope !== 'firm' && wanted.scope !== 'market';
  const complete =
    wanted.reason.trim() !== '' &&
    (wanted.scope !== 'market' || wanted.market !== undefined) &&
    (!needsId || wanted.id !== undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (counted === undefined) preview.mutate(wanted);
    else if (typed === word) engage.mutate({ ...wanted, confirm: counted.name });
  };
  const refusal = refusalOf(engage.error) ?? refusalOf(preview.error);
  return (
    <Dialog title={words.title} close={close} size="wide">
      <form className="form" onSubmit={submit}>
        <div className="form-row">
          <Field label={words.scope}>
            <select
              className="field"
              value={wanted.scope}
              onChange={(event) => setWanted({ scope: event.target.value as KillRequest['scope'], reason: wanted.reason })}
            >
              {SCOPES.map((scope) => (
                <option key={scope} value={scope}>
                  {words.scopeOf[scope]}
                </option>
              ))}
            </select>
          </Field>
          {(wanted.scope === 'market' || wanted.scope === 'order') && <MarketField value={wanted.market} change={change} />}
          {needsId && (
            <Field label={words.name}>
              <input
                className="field"
                inputMode="numeric"
                placeholder={words.nameHint}
                value={wanted.id ?? ''}
                onChange={(event) => {
                  const { id: _, ...rest } = wanted;
                  change(event.target.value === '' ? rest : { id: event.target.value });
                }}
              />
            </Field>
          )}
        </div>
        <Field label={words.reason}>
          <input
            className="field"
            maxLength={400}
            value={wanted.reason}
            onChange={(event) => change({ reason: event.target.value })}
          />
        </Field>
        {counted !== undefined && (
          <output className="kill-count">
            <b className={counted.engaged ? 'warn' : 'bad'}>
              {counted.engaged ? words.already : words.willDo(formatNumber(counted.orders), formatNumber(counted.children))}
            </b>
            <span className="dim">
              {words.asOf} {counted.asOf.map(({ market, seq }) => `${market} #${formatNumber(seq)}`).join(' · ')}
            </span>
          </output>
        )}
        {counted !== undefined && mayEngage && !counted.engaged && (
          <Field label={words.confirm(word ?? counted.name)}>
            <input className="field" autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
          </Field>
        )}
        {refusal !== undefined && <ProblemPanel problem={refusal.problem} />}
        {engage.isSuccess && <output className="bad strong">{words.engaged}</output>}
        <div className="actions">
          <Button
            type="submit"
            kind={counted === undefined ? 'main' : 'plain'}
            disabled={!complete || preview.isPending || counted !== undefined}
          >
            {preview.isPending ? words.counting : words.preview}
          </Button>
          {mayEngage && (
            <Button
              type="submit"
              kind="danger"
              disabled={counted === undefined || counted.engaged || typed !== word || engage.isPending}
            >
              {words.engage}
            </Button>
          )}
          <span className="dim">{words.release}</span>
        </div>
      </form>
      <Engaged />
    </Dialog>
  );
}

interface MarketFieldProps {
  readonly value: string | undefined;
  readonly change: (next: Partial<KillRequest>) => void;
}

function MarketField({ value, change }: MarketFieldProps) {
  const words = useText(text);
  const house = useQuery(reading('GET /v1/house'));
  return (
    <Field label={words.scopeOf.market}>
      <select className="field" value={value ?? ''} onChange={(event) => change({ market: event.target.value })}>
        <option value="" disabled />
        {house.data?.nodes.map((node) => (
          <option key={node.market} value={node.market}>
            {node.market}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** What stands still now, since when and by whom. */
function Engaged() {
  const words = useText(text);
  const language = useLanguage();
  const mayRelease = useMay('kill.release');
  const engaged = useQuery(reading('GET /v1/kill'));
  if (engaged.data === undefined || engaged.data.length === 0) return null;
  return (
    <section className="kill-engaged">
      <h3 className="dim">{words.engagedNow}</h3>
      <ul>
        {engaged.data.map((each) => (
          <li key={each.id}>
            <b className="bad">
              {words.scopeOf[each.scope]} {each.scope === 'firm' ? '' : each.name}
            </b>{' '}
            <span className="mild">
              {each.by} · {words.since} {formatMoment(instantOf(each.since) ?? 0, BEIJING, language)} · {each.reason}
            </span>
            {mayRelease && <Release state={each} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
