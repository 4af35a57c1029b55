import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { DecimalField } from '../../parts/decimal-field.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel, Failure } from '../answer-panel.tsx';
import { nameOf } from '../names.ts';
import { useChange } from '../use-change.ts';
import { text } from './text.ts';

type Limit = AnswerOf<'GET /v1/limits/{cell}'>;

/** One limit: who holds which slice of it, the proof that the total cannot be exceeded, and the request for another. */
export function LimitPanel({ cell }: { readonly cell: string }) {
  const words = useText(text);
  const mayChange = useMay('limit.change');
  const answer = useQuery({
    queryKey: ['GET /v1/limits/{cell}', cell],
    refetchInterval: 2_000,
    queryFn: ({ signal }) => call('GET /v1/limits/{cell}', { params: { cell }, signal }),
  });
  const limit = answer.data?.body;
  const isInside = limit === undefined || Number(limit.booked) + Number(limit.leased) <= Number(limit.limit);
  return (
    <AnswerPanel
      query={answer}
      everyMs={2_000}
      title={limit?.label ?? cell}
      about={limit === undefined ? undefined : nameOf(words.measures, limit.measure)}
    >
      {({ body, etag }) => {
        const digits = body.currency === null ? 0 : 2;
        const show = (value: string) => formatNumber(value, digits);
        return (
          <>
            <p role="status" className="prose">
              {words.proof(show(body.booked), show(body.leased), show(body.limit))}
              <br />
              <span className={isInside ? 'good' : 'bad strong'}>{isInside ? words.holds : words.exceeded}</span>
            </p>
            <Table
              label={words.leases}
              rows={body.leases}
              keyOf={({ node }) => node}
              columns={[
                { key: 'node', title: words.node, cell: ({ node }) => node },
                { key: 'epoch', title: words.epoch, numeric: true, width: 40, cell: ({ epoch }) => epoch },
                {
                  key: 'granted',
                  title: words.granted,
                  numeric: true,
                  width: 100,
                  cell: (row) => <Amount value={row.granted} digits={digits} />,
                },
                {
                  key: 'returned',
                  title: words.returned,
                  numeric: true,
                  width: 90,
                  cell: (row) => <Amount value={row.returned} digits={digits} />,
                },
                {
                  key: 'used',
                  title: words.nodeUsed,
                  numeric: true,
                  width: 90,
                  cell: (row) => <Amount value={row.used} digits={digits} />,
                },
              ]}
            />
            <Facts
              facts={[
                [words.maker, `${body.maker} / ${body.checker}`],
                [words.currency, body.currency ?? NONE],
              ]}
            />
            {mayChange && <LimitChange key={body.version} limit={body} etag={etag} digits={digits} />}
          </>
        );
      }}
    </AnswerPanel>
  );
}

function LimitChange({
  limit,
  etag,
  digits,
}: {
  readonly limit: Limit;
  readonly etag: string | null;
  readonly digits: number;
}) {
  const words = useText(text);
  const [wanted, setWanted] = useState(limit.limit);
  const [reason, setReason] = useState('');
  const change = useChange(
    (body: { readonly limit: string; readonly reason: string }, idempotencyKey) =>
      call('PUT /v1/limits/{cell}', {
        params: { cell: limit.cell },
        body,
        idempotencyKey,
        ...(etag === null ? {} : { etag }),
      }),
    ['GET /v1/approvals', 'GET /v1/limits/{cell}'],
    ({ body }) => words.waits(body.approval),
  );
  const send = (event: FormEvent) => {
    event.preventDefault();
    change.run({ limit: wanted, reason });
  };
  return (
    <form className="form" onSubmit={send}>
      <Field label={words.limit}>
        <DecimalField value={wanted} onValue={setWanted} digits={digits} />
      </Field>
      <Field label={words.reason} note={words.reasonNeeded}>
        <input className="field" required maxLength={400} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
      <Failure error={change.error} />
      <div className="actions">
        <Button kind="main" type="submit" disabled={change.running || wanted === limit.limit}>
          {words.change}
        </Button>
      </div>
    </form>
  );
}
