/**
 * Hot path: no allocation. A 64-bit running hash in two 32-bit lanes (multiply–xor, after MurmurHash3's finaliser).
 * Not a secret-keeping hash: it proves that two replicas of a state machine agree, not that nobody tampered.
 */
export class StateHash {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  int(value: number): void {
    let x = Math.imul(value | 0, 0xcc9e2d51);
    x = Math.imul((x << 15) | (x >>> 17), 0x1b873593);
    const a = this.#a ^ x;
    this.#a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    const b = this.#b ^ Math.imul(x ^ this.#a, 0x38b34ae5);
    this.#b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x561ccd1b) | 0;
  }

  /** An integer of magnitude below 2^53. */
  number(value: number): void {
    const low = value % 0x1_0000_0000;
    this.int(low);
    this.int((value - low) / 0x1_0000_0000);
  }

  bytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    let i = start;
    for (; i + 4 <= end; i += 4) {
      this.int(
        (bytes[i] as number) |
          ((bytes[i + 1] as number) << 8) |
          ((bytes[i + 2] as number) << 16) |
          ((bytes[i + 3] as number) << 24),
      );
    }
    let tail = end - start;
    for (; i < end; i++) tail = (tail << 8) | (bytes[i] as number);
    this.int(tail);
  }

  text(text: string): void {
    this.int(text.length);
    for (let i = 0; i < text.length; i++) this.int(text.charCodeAt(i));
  }

  /** Sixteen hexadecimal digits. */
  digest(): string {
    return finish(this.#a, this.#b) + finish(this.#b, this.#a);
  }

  /** The two lanes, for snapshots. */
  save(): readonly [number, number] {
    return [this.#a, this.#b];
  }

  restore(lanes: readonly [number, number]): void {
    this.#a = lanes[0] | 0;
    this.#b = lanes[1] | 0;
  }
}

function finish(x: number, y: number): string {
  let h = x ^ Math.imul(y, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
