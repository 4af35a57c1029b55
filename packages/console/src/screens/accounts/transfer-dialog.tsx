import type { BodyOf } from '@meridian/api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { call } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { DecimalField, isDecimal } from '../../parts/decimal-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Select } from '../../parts/select.tsx';
import { Failure } from '../answer-panel.tsx';
import { amountInWords } from '../ticket/amount-words.ts';
import type { AccountTree } from './account-view.tsx';
import { text } from './text.ts';

type Asked = BodyOf<'POST /v1/transfers'>;
const tones: Readonly<Record<string, string>> = { 'awaiting-approval': 'warn', refused: 'bad' };

/** Moves money between sub accounts of one master, or asks for a withdrawal, which another person approves. UA-4, UA-5 */
export function TransferDialog({ tree, close }: { readonly tree: AccountTree; readonly close: () => void }) {
  const words = useText(text);
  const language = useLanguage();
  const mayApprove = useMay('approval.read');
  const queries = useQueryClient();
  const [kind, setKind] = useState<'transfer' | 'withdraw'>('transfer');
  const [from, setFrom] = useState(tree.subs[0]?.sub ?? '');
  const [to, setTo] = useState('');
  const [currency, setCurrency] = useState(tree.subs[0]?.funds[0]?.currency ?? '');
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const source = tree.subs.find((sub) => sub.sub === from);
  const funds = source?.funds.find((each) => each.currency === currency);
  const send = useMutation({
    mutationFn: async (body: Asked) => (await call('POST /v1/transfers', { body, idempotencyKey: attempt })).body,
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['GET /v1/transfers'] });
      void queries.invalidateQueries({ queryKey: ['GET /v1/accounts/{master}'] });
    },
    onError: (error) => refusalOf(error)?.status !== 0 && setAttempt(crypto.randomUUID()),
  });
  const whole = isDecimal(amount, 2) && /[1-9]/.test(amount) && from !== '' && currency !== '';
  const ready = whole && (kind === 'withdraw' ? reason.trim() !== '' : to !== '' && to !== from);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const body: Asked = { kind, from, currency, amount, ...(kind === 'transfer' ? { to } : {}) };
    send.mutate(reason.trim() === '' ? body : { ...body, reason: reason.trim() });
  };
  const lost = refusalOf(send.error)?.status === 0;
  if (send.data !== undefined) {
    const { state, approval } = send.data;
    return (
      <Dialog title={words.transferTitle} close={close}>
        <div className="form" role="status">
          <p className={`strong ${tones[state] ?? ''}`}>
            {state === 'awaiting-approval' ? words.waiting(approval ?? NONE) : words.outcomeOf[state]}
          </p>
          {state === 'awaiting-approval' && approval !== null && mayApprove && (
            <p>
              <Link className="accent" to="/approvals" search={{ approval }} onClick={close}>
                {words.seeApproval}
              </Link>
            </p>
          )}
          <p>
            {formatNumber(send.data.amount, 2)} {send.data.currency}
          </p>
        </div>
      </Dialog>
    );
  }
  const subs = tree.subs.map((sub) => ({ value: sub.sub, label: `${sub.code} · ${nameOfPool(words.poolOf, sub.pool)}` }));
  return (
    <Dialog title={words.transferTitle} about={tree.token} close={close}>
      <form className="form" onSubmit={submit}>
        <Field label={words.kind} note={kind === 'withdraw' ? words.withdrawNote : undefined}>
          <Select
            value={kind}
            options={[
              { value: 'transfer', label: words.kindOf.transfer },
              { value: 'withdraw', label: words.kindOf.withdraw },
            ]}
            onValue={setKind}
          />
        </Field>
        <div className="form-row">
          <Field label={words.from}>
            <Select value={from} options={subs} onValue={setFrom} />
          </Field>
          {kind === 'transfer' && (
            <Field label={words.to}>
              <Select value={to} placeholder="—" options={subs.filter((sub) => sub.value !== from)} onValue={setTo} />
            </Field>
          )}
        </div>
        <div className="form-row">
          <Field label={words.currency}>
            <Select
              value={currency}
              options={(source?.funds ?? []).map((each) => ({ value: each.currency, label: each.currency }))}
              onValue={setCurrency}
            />
          </Field>
          <Field
            label={words.amount}
            note={
              <>
                {funds !== undefined && words.max(formatNumber(funds.withdrawable, 2))} {amountInWords(amount, language)}
              </>
            }
          >
            <DecimalField value={amount} digits={2} onValue={setAmount} />
          </Field>
        </div>
        <Field label={words.reason}>
          <input className="field" value={reason} maxLength={400} onChange={(event) => setReason(event.target.value)} />
        </Field>
        {lost ? <p className="warn">{words.unknown}</p> : <Failure error={send.error} />}
        <div className="actions">
          <Button type="submit" kind="main" disabled={!ready || send.isPending}>
            {send.isPending ? words.sending : lost ? words.again : words.send}
          </Button>
          {funds !== undefined && (
            <Button kind="quiet" onClick={() => setAmount(funds.withdrawable)}>
              {words.all}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

const nameOfPool = (names: Readonly<Record<string, string>>, pool: string) => names[pool] ?? pool;
