import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { call, reading } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { Failure } from '../answer-panel.tsx';
import { orderWords } from '../orders/words.ts';
import { type Draft, EMPTY_DRAFT, type Entry, entryOf, makeClOrdId, type Tradable } from './draft.ts';
import { TicketForm } from './form.tsx';
import { Outcome, Unknown } from './outcome.tsx';
import { text } from './text.ts';
import './ticket.css';
import { useVerdict } from './use-verdict.ts';
import { VerdictPanel } from './verdict-panel.tsx';

interface TicketProps {
  readonly close: () => void;
  /** Fields that a page knows already: an order to be sent again with another size. */
  readonly initial?: Partial<Draft>;
}

/** The order ticket (F9), over any page: the verdict of the node while one types, then the answer. RC-i */
export default function Ticket({ close, initial = {} }: TicketProps) {
  const words = useText(text);
  const tradable = useQuery({ ...reading('GET /v1/tradable'), refetchInterval: 5_000 });
  const [round, setRound] = useState(0);
  return (
    <Dialog title={words.title} close={close} size="wide">
      <Failure error={tradable.error} again={() => void tradable.refetch()} />
      {tradable.data === undefined ? (
        tradable.error === null && <Loading />
      ) : tradable.data.accounts.length === 0 || tradable.data.listings.length === 0 ? (
        <Empty why={words.nothing} next={words.nothingNext} />
      ) : (
        <Entering
          key={round}
          tradable={tradable.data}
          initial={round === 0 ? initial : {}}
          close={close}
          another={() => setRound(round + 1)}
        />
      )}
    </Dialog>
  );
}

interface EnteringProps extends Required<TicketProps> {
  readonly tradable: Tradable;
  readonly another: () => void;
}

function Entering({ tradable, initial, close, another }: EnteringProps) {
  const words = useText(text);
  const names = useText(orderWords);
  const [draft, setDraft] = useState<Draft>({ ...EMPTY_DRAFT, ...initial });
  // One ticket, one client-made id and one idempotency key: asking again never enters the order twice.
  const [clOrdId] = useState(() => makeClOrdId(Date.now(), (bytes) => crypto.getRandomValues(bytes)));
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const [sent, setSent] = useState<Entry | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // After the dialog has taken the focus, and not on its closing button: a ticket begins with what is traded.
    const frame = requestAnimationFrame(() => form.current?.querySelector('input')?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  const change = (changed: Partial<Draft>) => setDraft((old) => ({ ...old, ...changed }));
  const made = entryOf(draft, tradable, clOrdId);
  const entry = 'entry' in made ? made.entry : undefined;
  const { verdict, fresh, error, refetch } = useVerdict(sent === null ? entry : undefined);
  const send = useMutation({
    mutationFn: async (body: Entry) => (await call('POST /v1/orders', { body, idempotencyKey: attempt })).body,
    onError: (failed) => {
      // Refused at the door: nothing was entered, and the changed ticket is another request.
      if (refusalOf(failed)?.status !== 0) {
        setSent(null);
        setAttempt(crypto.randomUUID());
      }
    },
  });
  const enter = (body: Entry) => {
    setSent(body);
    send.mutate(body);
  };
  if (send.data !== undefined && sent !== null) {
    return <Outcome answer={send.data} clOrdId={clOrdId} close={close} another={another} ask={() => enter(sent)} />;
  }
  if (sent !== null && refusalOf(send.error)?.status === 0) return <Unknown clOrdId={clOrdId} ask={() => enter(sent)} />;
  const passes = fresh && verdict !== undefined && verdict.outcome !== 'reject';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (entry !== undefined && passes && !send.isPending) enter(entry);
  };
  return (
    <form ref={form} className="ticket" onSubmit={submit}>
      <div className="ticket-left">
        <TicketForm draft={draft} tradable={tradable} change={change} />
        <div className="actions ticket-actions">
          <Button type="submit" kind="main" disabled={!passes || entry === undefined || send.isPending}>
            {send.isPending ? words.submitting : words.submit(`${names.side[draft.side]} ${names.effect[draft.effect]}`)}
          </Button>
          <span className="dim">
            <KeyHint keys="Enter" />
          </span>
        </div>
      </div>
      <div className="ticket-right">
        <VerdictPanel verdict={verdict} fresh={fresh} lacks={'lacks' in made ? made.lacks : []} use={change} />
        <Failure error={error} again={() => void refetch()} />
        {sent === null && <Failure error={send.error} />}
      </div>
    </form>
  );
}
