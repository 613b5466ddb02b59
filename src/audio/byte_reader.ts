// A cursor over a byte stream of unknown length: look ahead, take, skip. Holds one chunk, never the file.

export interface ByteReader {
  /** Bytes taken or skipped so far: the place of the next byte in the file. */
  readonly position: number;
  /** The next `count` bytes without taking them; fewer only at the end of the stream. */
  peek(count: number): Promise<Uint8Array>;
  /** The next `count` bytes; fewer only at the end of the stream. */
  take(count: number): Promise<Uint8Array>;
  /** Goes `count` bytes on; gives how many there were. */
  skip(count: number): Promise<number>;
  /** At most `limit` further bytes, in the chunks in which they come. */
  chunks(limit?: number): AsyncGenerator<Uint8Array>;
}

/** Reads `source`; whoever opened the source closes it. Errors of the source pass through. */
export function createByteReader(source: AsyncIterator<Uint8Array>): ByteReader {
  let held: Uint8Array = new Uint8Array(0);
  let position = 0;
  let ended = false;

  async function next(): Promise<Uint8Array | null> {
    const result = await source.next();
    if (result.done) ended = true;
    return result.done ? null : result.value;
  }

  async function fill(count: number): Promise<void> {
    const parts = [held];
    let size = held.length;
    while (size < count && !ended) {
      const chunk = await next();
      if (!chunk) break;
      parts.push(chunk);
      size += chunk.length;
    }
    if (parts.length > 1) held = concat(parts, size);
  }

  function release(count: number): Uint8Array {
    const taken = held.subarray(0, count);
    held = held.subarray(taken.length);
    position += taken.length;
    return taken;
  }

  async function* chunks(limit = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    let left = limit;
    while (left > 0) {
      if (held.length === 0) held = (await next()) ?? held;
      if (held.length === 0 && ended) return;
      const chunk = release(Math.min(left, held.length));
      left -= chunk.length;
      if (chunk.length > 0) yield chunk;
    }
  }

  return {
    get position() {
      return position;
    },
    async peek(count) {
      if (held.length < count) await fill(count);
      return held.subarray(0, count);
    },
    async take(count) {
      if (held.length < count) await fill(count);
      return release(count);
    },
    async skip(count) {
      let skipped = 0;
      for await (const chunk of chunks(count)) skipped += chunk.length;
      return skipped;
    },
    chunks,
  };
}

/** Joins `parts`, whose lengths add up to `size` bytes. */
export function concat(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
