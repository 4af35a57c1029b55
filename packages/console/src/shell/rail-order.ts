import type { ScreenFacts } from '../router/screen.ts';
import { screens } from '../screens/index.ts';

/** A screen that stands on the rail. */
export type RailScreen = ScreenFacts & { readonly rail: NonNullable<ScreenFacts['rail']> };

/** The screens on the rail of somebody who may do `actions`. */
export function railOf(actions: readonly string[]): readonly RailScreen[] {
  const facts: readonly ScreenFacts[] = screens.map((screen) => screen.facts);
  return facts.filter((each): each is RailScreen => each.rail !== undefined && actions.includes(each.action));
}

/** The screen behind a function code. */
export function screenOf(code: string): ScreenFacts | undefined {
  return screens.map((screen): ScreenFacts => screen.facts).find((each) => each.code === code);
}
