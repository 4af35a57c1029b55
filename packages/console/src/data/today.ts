import { useSyncExternalStore } from 'react';
import { BEIJING, formatDate, instantOf } from '../format/time.ts';
import { line } from './line.ts';
import { useSession } from './session.ts';

/** Which of the house's two clocks an instant belongs to: the business's (orders, journals, batches) or the wall's (sessions, mails, audit). */
export type Clock = 'business' | 'wall';

const listen = (listener: () => void) => line.listen(listener);
const dayOf = (text: string | undefined): string | null =>
  text === undefined ? null : formatDate(instantOf(text) ?? 0, BEIJING);

/** The Beijing date of a clock as the last beat tells it, `2026-11-24`; before the first, as the session or this computer does. */
export function useToday(clock: Clock = 'business'): string {
  const session = useSession();
  const told = useSyncExternalStore(listen, () => dayOf(clock === 'business' ? line.beat?.businessTime : line.beat?.at));
  return told ?? (clock === 'business' ? dayOf(session.businessTime) : null) ?? formatDate(Date.now() * 1000, BEIJING);
}
