// Buffers of a Whisper-like pass, every op's output its own buffer: what the packer is for. Not the real graph.

import type { Buffer } from '../../src/allocator/index.ts';

export interface WhisperLike {
  readonly frames: number; // T, encoder positions
  readonly state: number; // d
  readonly heads: number;
  readonly layers: number; // of the encoder and of the decoder
  readonly tokens: number;
  readonly vocab: number;
}

export const TINY: WhisperLike = { frames: 1500, state: 384, heads: 6, layers: 4, tokens: 448, vocab: 51865 };
export const LARGE: WhisperLike = { frames: 1500, state: 1280, heads: 20, layers: 32, tokens: 448, vocab: 51866 };

/** Float32 buffers with offsets a multiple of 256, in the order of the ops that write them. */
export function whisperLike(shape: WhisperLike, fusedAttention = true): Buffer[] {
  const { frames, state, heads, layers, tokens, vocab } = shape;
  const buffers: Buffer[] = [];
  const lastUse: number[] = [];
  let time = 0;
  /** An op at the next time: reads `inputs`, writes a new buffer of `elements`. Returns the buffer's index. */
  const op = (id: string, elements: number, ...inputs: number[]): number => {
    for (const input of inputs) lastUse[input] = time;
    lastUse.push(time);
    buffers.push({ id: `${time} ${id}`, lower: time++, upper: 0, size: 4 * elements, alignment: 256 });
    return buffers.length - 1;
  };
  const attention = (rows: number, x: number, keys: number, values: number, width: number): number => {
    const normed = op('attn_ln', rows * state, x);
    const query = op('query', rows * state, normed);
    if (fusedAttention) return op('attn', rows * state, query, keys, values, x);
    const scores = op('scores', heads * rows * width, query, keys);
    const weights = op('weights', heads * rows * width, scores);
    return op('attn', rows * state, weights, values, x);
  };
  const mlp = (rows: number, x: number): number => {
    const hidden = op('mlp.0', 4 * rows * state, op('mlp_ln', rows * state, x));
    return op('mlp.2', rows * state, op('gelu', 4 * rows * state, hidden), x);
  };
  let x = op('mel', 80 * 2 * frames);
  x = op('conv2', frames * state, op('conv1', 2 * frames * state, x));
  for (let layer = 0; layer < layers; layer++) {
    const normed = op('attn_ln', frames * state, x);
    x = attention(frames, x, op('key', frames * state, normed), op('value', frames * state, normed), frames);
    x = mlp(frames, x);
  }
  const features = op('ln_post', frames * state, x);
  const cross = Array.from({ length: layers }, () => [
    op('cross_key', frames * state, features),
    op('cross_value', frames * state, features),
  ]);
  const cache = cross.map(() => [op('self_key', tokens * state), op('self_value', tokens * state)]);
  x = op('embed', 4 * state);
  for (let layer = 0; layer < layers; layer++) {
    x = attention(4, x, cache[layer][0], cache[layer][1], tokens);
    x = attention(4, x, cross[layer][0], cross[layer][1], frames);
    x = mlp(4, x);
  }
  const logits = op('logits', vocab, op('ln', 4 * state, x));
  const end = op('token', 1, logits, ...cache.flat(), ...cross.flat());
  lastUse[end] = time;
  return buffers.map((buffer, index) => ({ ...buffer, upper: Math.max(lastUse[index], buffer.lower) + 1 }));
}
