/** Work that must not overlap takes turns: each piece begins when the one before it has ended, well or badly. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

export function takeTurns(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
}
