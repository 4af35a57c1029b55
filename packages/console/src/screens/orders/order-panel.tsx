import type { AnswerOf } from '@meridian/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { call, reading } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Amount } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { notify } from '../../parts/toast.tsx';
import { AnswerPanel, Failure } from '../answer-panel.tsx';
import { nameOf } from '../names.ts';
import { useWhen } from '../when.tsx';
import { CheckTable } from './check-table.tsx';
import { ppm } from './figure.ts';
import { Fills } from './fills.tsx';
import { type OrderKey, orderKeyText } from './order-key.ts';
import { RejectionText } from './rejection.tsx';
import { text } from './text.ts';
import { Timeline } from './timeline.tsx';
import { isWorking, orderWords, toneOf } from './words.ts';

const Ticket = lazy(() => import('../ticket/ticket.tsx'));
const EVERY_MS = 2_000;

export type OrderDetail = AnswerOf<'GET /v1/orders/{market}/{order}'>;

interface OrderPanelProps {
  readonly order: OrderKey;
  readonly close?: () => void;
  /** The page of the order itself: facts, checks, fills and timeline side by side. */
  readonly wide?: boolean;
}

/** One order seen through: why it was refused and what would pass, its terms, every check, its life to the microsecond, its fills. */
export function OrderPanel({ order, close, wide = false }: OrderPanelProps) {
  const words = useText(text);
  const detail = useQuery({
    ...reading('GET /v1/orders/{market}/{order}', { params: { market: order.market, order: order.order } }),
    refetchInterval: EVERY_MS,
  });
  useKeys(
    close === undefined
      ? []
      : [{ keys: 'Escape', scope: 'page', label: { zh: text.zh.closePanel, en: text.en.closePanel }, run: close }],
  );
  return (
    <AnswerPanel
      query={detail}
      everyMs={EVERY_MS}
      className={wide ? 'order-wide' : 'order-panel'}
      title={words.seeThrough}
      about={`${words.order(order.order)} · ${order.market}`}
      actions={
        close !== undefined && (
          <Button kind="quiet" onClick={close}>
            <span className="hidden-text">{words.closePanel}</span> <KeyHint keys="Esc" />
          </Button>
        )
      }
    >
      {(data) => <Body detail={data} at={order} wide={wide} />}
    </AnswerPanel>
  );
}

function Body({ detail, at, wide }: { readonly detail: OrderDetail; readonly at: OrderKey; readonly wide: boolean }) {
  const words = useText(text);
  const { order, checks, steps, fills } = detail;
  const passed = checks.filter((check) => check.passed).length;
  return (
    <div className="order-body">
      <div>
        {order.rejection !== null && <RejectionText rejection={order.rejection} />}
        <Actions detail={detail} at={at} wide={wide} />
        <Terms order={order} />
      </div>
      <section>
        <h3>{checks.length === 0 ? words.check : words.checks(passed, checks.length)}</h3>
        {checks.length === 0 ? <p className="dim">{words.notStored}</p> : <CheckTable checks={checks} />}
      </section>
      <section>
        <h3>{words.timeline}</h3>
        <Timeline steps={steps} market={order.market} />
      </section>
      <section>
        <h3>{words.fills}</h3>
        <Fills fills={fills} order={order} />
      </section>
    </div>
  );
}

function Actions({
  detail: { order },
  at,
  wide,
}: {
  readonly detail: OrderDetail;
  readonly at: OrderKey;
  readonly wide: boolean;
}) {
  const words = useText(text);
  const queries = useQueryClient();
  const mayEnter = useMay('order.enter');
  const mayCancel = useMay('order.cancel') && isWorking(order.state);
  const mayTrace = useMay('trace.read');
  const [ticket, setTicket] = useState(false);
  const cancel = useMutation({
    mutationFn: () => call('DELETE /v1/orders/{market}/{order}', { params: { market: at.market, order: at.order } }),
    onSuccess: () => {
      notify('done', words.cancelled(at.order));
      void queries.invalidateQueries({ queryKey: ['GET /v1/orders/{market}/{order}'] });
    },
  });
  useKeys(
    mayCancel
      ? [{ keys: 'F8', scope: 'page', label: { zh: text.zh.cancelKey, en: text.en.cancelKey }, run: () => cancel.mutate() }]
      : [],
  );
  const fits = order.rejection?.unit === 'price' ? null : (order.rejection?.wouldPass ?? null);
  const side = order.side;
  return (
    <>
      <div className="actions order-actions">
        {mayEnter && fits !== null && fits !== '0' && (
          <Button kind="main" onClick={() => setTicket(true)}>
            {words.resend(formatNumber(fits))}
          </Button>
        )}
        {mayCancel && (
          <Button kind="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            {cancel.isPending ? words.cancelling : words.cancel} <KeyHint keys="F8" />
          </Button>
        )}
        {!wide && (
          <Link className="button plain" to="/orders/$market/$order" params={{ market: at.market, order: at.order }}>
            {words.open}
          </Link>
        )}
        {mayTrace && (
          <Link className="button plain" to="/trace/$level/$id" params={{ level: 'order', id: orderKeyText(at) }}>
            {words.trace}
          </Link>
        )}
      </div>
      {cancel.isError &&
        (refusalOf(cancel.error)?.status === 0 ? (
          <p className="warn">{words.cancelUnknown}</p>
        ) : (
          <Failure error={cancel.error} />
        ))}
      {ticket && fits !== null && (
        <Suspense fallback={null}>
          <Ticket
            close={() => setTicket(false)}
            initial={{
              account: order.account,
              listing: order.listing,
              quantity: fits,
              price: order.price ?? '',
              ...(side === 'buy' || side === 'sell' || side === 'sell-short' ? { side } : {}),
              ...(order.effect === 'open' || order.effect === 'close' ? { effect: order.effect } : {}),
              ...(order.type === 'market' || order.type === 'limit' ? { type: order.type } : {}),
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function Terms({ order }: { readonly order: OrderDetail['order'] }) {
  const words = useText(text);
  const when = useWhen();
  const names = useText(orderWords);
  const terms = [
    nameOf(names.side, order.side),
    nameOf(names.effect, order.effect),
    nameOf(names.timeInForce, order.timeInForce),
  ];
  return (
    <Facts
      facts={[
        [
          words.state,
          <b key="state" className={toneOf(order.state)}>
            {nameOf(names.state, order.state)}
          </b>,
        ],
        [words.symbol, `${order.symbol} · ${terms.join(' ')}`],
        [
          words.price,
          order.price === null ? (
            nameOf(names.type, order.type)
          ) : (
            <Amount
              key="price"
              value={order.price}
              digits={order.price.split('.')[1]?.length ?? 0}
              {...(order.currency === null ? {} : { currency: order.currency })}
            />
          ),
        ],
        [`${words.quantity} ${words.shares}`, formatNumber(order.quantity)],
        [
          `${words.filled} ${words.shares}`,
          `${formatNumber(order.filled)} · ${words.average} ${formatNumber(order.averagePrice, 4)}`,
        ],
        [`${words.leaves} ${words.shares}`, formatNumber(order.leaves)],
        [`${words.hedgedShares} ${words.shares}`, `${formatNumber(order.hedged)} · ${ppm(order.hedgedPpm)}`],
        [words.client, order.clientToken ?? NONE],
        [words.account, order.accountCode ?? NONE],
        ...(order.contract === null
          ? []
          : [
              [
                words.contract,
                <Link key="contract" className="accent" to="/contracts/$contract" params={{ contract: order.contract }}>
                  {order.contract}
                </Link>,
              ] as const,
            ]),
        [words.clOrdId, order.clOrdId ?? NONE],
        [words.time, when(instantOf(order.at) ?? 0, 'micro')],
        [words.seq, `${orderKeyText({ market: order.market, order: order.order })} · #${formatNumber(order.seq)}`],
      ]}
    />
  );
}
