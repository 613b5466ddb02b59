// q8, the format of int8 caches: 64 elements of a head as int8 codes, then their f32 scale; 17 words.
// Symmetric: scale = max |x| / 127, code = round(x / scale), ties to even; a head of zeros has scale 0. Kernels do the same.

/** Elements of a head, which share a scale. */
const HEAD = 64;
/** Bytes of a head: codes and scale. */
const BYTES = HEAD + 4;
/** By this a device and the host multiply, where a division might differ in its last bits. */
const STEP = Math.fround(1 / 127);

/** n values of `bytes`; n is a multiple of 64. */
export function decodeHeads(bytes: Uint8Array, n: number): Float32Array {
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: n }, (_, i) => {
    const head = Math.floor(i / HEAD) * BYTES;
    return codes[head + (i % HEAD)]! * view.getFloat32(head + HEAD, true);
  });
}

/** A head with a NaN is NaN throughout. */
export function encodeHeads(values: Float32Array): Uint8Array {
  const heads = values.length / HEAD;
  const bytes = new Uint8Array(heads * BYTES);
  const view = new DataView(bytes.buffer);
  for (let head = 0; head < heads; head++) {
    const run = values.subarray(head * HEAD, (head + 1) * HEAD);
    const scale = scaleOf(run);
    const inverse = scale > 0 ? Math.fround(1 / scale) : 0;
    run.forEach((value, i) => {
      view.setInt8(head * BYTES + i, roundEven(Math.fround(value * inverse)));
    });
    view.setFloat32(head * BYTES + HEAD, scale, true);
  }
  return bytes;
}

/** What a code of element i's head is worth. */
export function headScale(values: Float32Array, i: number): number {
  const head = Math.floor(i / HEAD) * HEAD;
  return scaleOf(values.subarray(head, head + HEAD));
}

function scaleOf(run: Float32Array): number {
  return Math.fround(run.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0) * STEP);
}

function roundEven(x: number): number {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
