/**
 * How loud an outcome is said. What began and has no end noted, or an end that nobody knows, asks for somebody to look: it may
 * have been done. DS-14
 */
export function toneOf(outcome: string): '' | 'mild' | 'warn' | 'bad' {
  if (outcome === 'outcome unknown') return 'bad';
  if (outcome === 'begun') return 'mild';
  return outcome.startsWith('refused') || outcome === 'failed' ? 'warn' : '';
}
