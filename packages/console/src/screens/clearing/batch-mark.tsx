interface BatchMarkProps {
  readonly state: string;
  readonly word: string;
}

/** The state of a batch or step: a shape (solid, hollow, dashed, crossed) and its word; hue only repeats it. */
export function BatchMark({ state, word }: BatchMarkProps) {
  return (
    <span className={`batch-mark ${state}`}>
      <i aria-hidden="true" />
      {word}
    </span>
  );
}
