import type { AnswerOf } from '@meridian/api';
import { useState } from 'react';
import { call } from '../../data/call.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { ReasonForm } from '../../screens/reason-form.tsx';
import { useChange } from '../../screens/use-change.ts';
import { type ReleaseTarget, releaseOf } from './release-target.ts';
import { text } from './text.ts';

type KillState = AnswerOf<'GET /v1/kill'>[number];

/** Asks that trading resumes; another person of risk decides in the inbox. RC-l */
export function Release({ state }: { readonly state: KillState }) {
  const words = useText(text);
  const [open, setOpen] = useState(false);
  const target = releaseOf(state);
  const ask = useChange(
    (reason: string, idempotencyKey) =>
      call('POST /v1/kill/release', { body: { ...(target as ReleaseTarget), reason }, idempotencyKey }),
    ['GET /v1/approvals', 'GET /v1/kill'],
    ({ body }) => words.releaseWaits(body.approval),
  );
  if (target === undefined) return null;
  if (!open) return <Button onClick={() => setOpen(true)}>{words.askRelease}</Button>;
  return (
    <ReasonForm
      label={words.reason}
      note={words.release}
      choices={[{ value: 'release', label: words.askRelease, kind: 'main' }]}
      running={ask.running}
      error={ask.error}
      onChoice={(_, reason) => ask.run(reason)}
    />
  );
}
