import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { refusalOf } from '../data/problem.ts';
import { useText } from '../i18n/use-text.ts';
import { Button } from '../parts/button.tsx';
import { ProblemPanel } from '../parts/problem-panel.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { text } from './text.ts';

/** An address that leads nowhere. */
export function PageMissing() {
  const words = useText(text);
  return <Empty why={words.pageMissing} next={words.pageMissingNext} />;
}

export function PageWaiting() {
  return <Loading />;
}

/** A page that failed: the house's refusal as it stands, or the console's own fault, said plainly. */
export function PageFailed({ error }: ErrorComponentProps) {
  const words = useText(text);
  const router = useRouter();
  const refusal = refusalOf(error);
  const again = <Button onClick={() => void router.invalidate()}>{words.again}</Button>;
  if (refusal !== undefined) return <ProblemPanel problem={refusal.problem}>{again}</ProblemPanel>;
  return (
    <Empty why={words.pageFailed} next={error instanceof Error ? error.message : String(error)}>
      {again}
    </Empty>
  );
}
