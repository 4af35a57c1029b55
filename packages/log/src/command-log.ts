/** Commands that became durable together: frames back to back, the first with sequence number `firstSeq`. */
export interface Batch {
  readonly firstSeq: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * What stores batches durably. Commands only; what follows from them is not its business. The file log is one
 * implementation; a log replicated by compare-and-swap, one batch in flight, is meant to be the other.
 */
export interface CommandLog {
  /** Sequence number of the oldest command still there; `lastSeq + 1` when there is none. */
  readonly firstSeq: number;
  /** The newest durable command; 0 before the first. */
  readonly lastSeq: number;
  /** A batch with more bytes is refused; so is a single command that could never fit one. */
  readonly batchBytesMax: number;
  /** Bytes of a batch that was cut off on opening because its write never finished; it was never acknowledged. */
  readonly tornBytes: number;
  /**
   * Stores the next batch: `firstSeq` must be `lastSeq + 1`, and the batch before it must have resolved. Resolves when
   * durable; until then `bytes` must not change. A rejection (failed or short write, failed sync, lost leadership) is
   * final: what the disk holds is unknown, so the process must exit and recover; nothing is ever retried.
   */
  append(batch: Batch): Promise<void>;
  /**
   * Committed batches from the one that holds `fromSeq` on (it may begin earlier), up to the end at the time of the
   * call. A batch's bytes are valid until the next is asked for. @throws Problem LOG_CORRUPT | LOG_TRIMMED
   */
  read(fromSeq: number): AsyncIterable<Batch>;
  /** Allows commands before `beforeSeq` to be forgotten; implementations drop whole segments. */
  trim(beforeSeq: number): Promise<void>;
  close(): Promise<void>;
}
