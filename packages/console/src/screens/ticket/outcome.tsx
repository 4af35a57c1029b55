import type { AnswerOf } from '@meridian/api';
import { useNavigate } from '@tanstack/react-router';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { nameOf } from '../names.ts';
import { orderKeyText } from '../orders/order-key.ts';
import { RejectionText } from '../orders/rejection.tsx';
import { orderWords } from '../orders/words.ts';
import { text } from './text.ts';

interface OutcomeProps {
  readonly answer: AnswerOf<'POST /v1/orders'>;
  readonly clOrdId: string;
  readonly close: () => void;
  readonly another: () => void;
  readonly ask: () => void;
}

/** What became of the order, as the node said it. */
export function Outcome({ answer, clOrdId, close, another, ask }: OutcomeProps) {
  const words = useText(text);
  const names = useText(orderWords);
  const navigate = useNavigate();
  if (answer.state === 'unknown') return <Unknown clOrdId={clOrdId} ask={ask} />;
  const refused = answer.state === 'rejected';
  const { market, order } = answer;
  const title = refused ? words.verdictOf.reject : answer.state === 'pending' ? words.waiting : words.accepted;
  return (
    <div className="form" role="status">
      {answer.rejection !== null ? <RejectionText rejection={answer.rejection} /> : <p className="strong">{title}</p>}
      <Facts
        facts={[
          [words.order, order === null ? NONE : `${market} ${order}`],
          [words.sequence, `#${formatNumber(answer.seq)}`],
          [words.clOrdId, clOrdId],
          [words.state, nameOf(names.state, answer.state)],
        ]}
      />
      <div className="actions">
        <Button kind="main" onClick={another}>
          {words.another}
        </Button>
        {order !== null && (
          <Button
            onClick={() => {
              close();
              void navigate({ to: '/orders', search: { order: orderKeyText({ market, order }) } });
            }}
          >
            {words.see}
          </Button>
        )}
        <Button onClick={close}>{words.close}</Button>
      </div>
    </div>
  );
}

/** Sent, and nothing came back: neither accepted nor refused until the house says so. */
export function Unknown({ clOrdId, ask }: { readonly clOrdId: string; readonly ask: () => void }) {
  const words = useText(text);
  return (
    <div className="problem" role="alert">
      <p className="warn strong">{words.unknown}</p>
      <p>{words.unknownWhy}</p>
      <p className="dim">
        {words.clOrdId} {clOrdId}
      </p>
      <div className="actions">
        <Button kind="main" onClick={ask}>
          {words.askAgain}
        </Button>
      </div>
    </div>
  );
}
