// Bits of a FLAC frame, most significant first. Past the end it reads zeros: `overrun` tells, once, after the frame.

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0; // bits

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes begun so far. */
  get byte(): number {
    return (this.#position + 7) >>> 3;
  }

  get overrun(): boolean {
    return this.byte > this.#bytes.length;
  }

  /** The next 25 to 32 bits at the top of a word. */
  #window(): number {
    const b = this.#bytes;
    const i = this.#position >>> 3;
    return ((b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!) << (this.#position & 7);
  }

  /** An unsigned number of 0 to 33 bits. */
  unsigned(bits: number): number {
    if (bits > 24) return this.unsigned(bits - 16) * 65_536 + this.unsigned(16);
    if (bits === 0) return 0;
    const value = this.#window() >>> (32 - bits);
    this.#position += bits;
    return value;
  }

  /** A two's complement number of 0 to 33 bits. */
  signed(bits: number): number {
    const value = this.unsigned(bits);
    return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }

  /** The number of zeros before the next one, which is taken too. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      const run = Math.clz32(this.#window() & 0xffffff00 || 0x80); // 24 bits are always valid
      this.#position += run;
      zeros += run;
      if (run < 24) break;
      if (this.overrun) return 0;
    }
    this.#position++;
    return zeros;
  }

  /** Fills out[from, to) with Rice codes of parameter `k`: the quotient in unary, k bits, the sign folded into bit 0. */
  rice(out: Float64Array, from: number, to: number, k: number): void {
    for (let i = from; i < to; i++) {
      const window = this.#window();
      const quotient = Math.clz32(window);
      const size = quotient + 1 + k;
      if (size <= 25) {
        // The common case: the whole code lies in the window, and its value in an int32.
        this.#position += size;
        const folded = (quotient << k) | (((window << quotient) & 0x7fffffff) >>> (31 - k));
        out[i] = (folded >>> 1) ^ -(folded & 1);
      } else {
        const folded = this.unary() * 2 ** k + this.unsigned(k);
        out[i] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
      }
    }
  }

  alignToByte(): void {
    this.#position = this.byte * 8;
  }
}
