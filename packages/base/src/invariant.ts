/**
 * Stops the process's current work when a condition that the program itself guarantees does not hold.
 * A broken invariant is a defect, never bad input: bad input is answered by a {@link Problem}.
 */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}

/** Thrown by {@link invariant}. Processes that see one exit: crash over corrupt. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Proves to the compiler that every case was handled. */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`unhandled ${what}: ${String(value)}`);
}
