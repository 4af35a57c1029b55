import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Failure } from '../answer-panel.tsx';
import { text } from './text.ts';

interface RealNameProps {
  readonly client: string;
  /** The name where the session sees it anyway: a client's own. */
  readonly known: string | null;
}

/** The client's real name: a sensitive read that is asked for, confirmed, recorded, and shown until one leaves. DS-7, UA-9 */
export function RealName({ client, known }: RealNameProps) {
  const words = useText(text);
  const language = useLanguage();
  const mayRead = useMay('account.name.read');
  const [asking, setAsking] = useState(false);
  const read = useMutation({
    mutationFn: async () => (await call('GET /v1/clients/{client}/name', { params: { client } })).body,
    onSuccess: () => setAsking(false),
  });
  const name = read.data?.[language] ?? known;
  if (name === null && !mayRead) return null;
  return (
    <div>
      <dt>{words.realName}</dt>
      <dd>
        {name === null ? (
          <Button kind="quiet" onClick={() => setAsking(true)}>
            {words.reveal}
          </Button>
        ) : (
          <>
            {name}{' '}
            {read.data !== undefined && (
              <Button kind="quiet" onClick={() => read.reset()}>
                {words.hide}
              </Button>
            )}
          </>
        )}
      </dd>
      {asking && (
        <Dialog title={words.revealTitle} close={() => setAsking(false)}>
          <div className="form">
            <p>{words.revealWhy}</p>
            <Failure error={read.error} />
            <div className="actions">
              <Button kind="main" disabled={read.isPending} onClick={() => read.mutate()}>
                {words.revealDo}
              </Button>
              <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  );
}
