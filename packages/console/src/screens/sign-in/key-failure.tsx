import { refusalOf } from '../../data/problem.ts';
import { useText } from '../../i18n/use-text.ts';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { text } from './text.ts';

/** Why a security key did not serve: what the house refused, or that the browser got no answer from the key. */
export function KeyFailure({ error }: { readonly error: Error | null }) {
  const words = useText(text);
  if (error === null) return null;
  const refusal = refusalOf(error);
  if (refusal !== undefined) return <ProblemPanel problem={refusal.problem} />;
  return (
    <p className="bad" role="alert">
      {words.keyFailed}
    </p>
  );
}
