// f16 and bf16 <-> f32 on whole arrays, bit for bit: round to nearest, ties to even; subnormals, infinities and
// NaN kept. Works on bit patterns, because numbers on their way through JavaScript may lose a NaN's payload.

const F32_INFINITY = 0x7f800000;
const F16_INFINITY = 0x7c00;
const F16_OVERFLOW = 0x47800000; // 2^16: from here on infinity (65520 and above get there by the rounding carry)
const F16_SMALLEST_NORMAL = 0x38800000; // 2^-14
const F16_HALF_SMALLEST = 0x33000000; // 2^-25: half the smallest subnormal, ties to even zero

// One f32 pattern for each of the 65536 halves (256 KiB), made on first use.
let widened: Uint32Array | undefined;

/** f16 bits -> f32. `out` may be given; it must be as long as `halves`. */
export function f16ToF32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  widened ??= Uint32Array.from({ length: 1 << 16 }, (_, half) => widenF16(half));
  const table = widened;
  const bits = new Uint32Array(out.buffer, out.byteOffset, halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  return out;
}

/** f32 -> f16 bits. `out` may be given; it must be as long as `values`. */
export function f32ToF16(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) out[i] = narrowToF16(bits[i]!);
  return out;
}

/** bf16 bits -> f32: the upper half of the word. `out` may be given; it must be as long as `halves`. */
export function bf16ToF32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  const bits = new Uint32Array(out.buffer, out.byteOffset, halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return out;
}

const scalar = new Float32Array(1);
const scalarBits = new Uint32Array(scalar.buffer);

/** The f16 nearest to f32(value), as bits. */
export function f16Bits(value: number): number {
  scalar[0] = value;
  return narrowToF16(scalarBits[0]!);
}

/** The value of f16 bits. */
export function f16Value(bits: number): number {
  scalarBits[0] = widenF16(bits);
  return scalar[0]!;
}

function widenF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return (sign | F32_INFINITY | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0; // bias 127 - 15
  if (mantissa === 0) return sign >>> 0;
  const shift = Math.clz32(mantissa) - 21; // leading one to bit 10, where it becomes the hidden bit
  return (sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)) >>> 0;
}

function narrowToF16(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude < F16_SMALLEST_NORMAL) {
    if (magnitude <= F16_HALF_SMALLEST) return sign;
    const shift = 126 - (magnitude >>> 23); // 14 at 2^-15 .. 24 at 2^-25
    const mantissa = (magnitude & 0x7fffff) | 0x800000;
    const half = mantissa >>> shift;
    const rest = mantissa & ((1 << shift) - 1);
    const tie = 1 << (shift - 1);
    return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0));
  }
  if (magnitude >= F16_OVERFLOW) {
    // A NaN keeps the top of its payload and is made quiet, lest it turn into infinity.
    return sign | F16_INFINITY | (magnitude > F32_INFINITY ? 0x200 | ((magnitude >>> 13) & 0x3ff) : 0);
  }
  const rebiased = magnitude - 0x38000000;
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}
