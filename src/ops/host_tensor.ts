// Tensors on the host: bytes as they lie on the device <-> numbers for the CPU twins.

import { GraphError } from '../errors.ts';
import { f16ToF32, f32ToF16 } from '../formats/half.ts';
import { packLevels, type Scheme, unpackLevels } from '../formats/packed_codes.ts';
import { decodeHeads, encodeHeads, headScale } from './heads.ts';
import { byteLength, type DType, describeType, elements, type HostTensor, type TensorType } from './op.ts';

/** Element types whose codes are packed, row by row. */
const PACKED: Readonly<Partial<Record<DType, Scheme>>> = { i6: 'int6', i4: 'int4' };

/** What holds the values of an element type on the host. */
const VALUES = {
  f32: Float32Array,
  f16: Float32Array,
  q8: Float32Array,
  u32: Uint32Array,
  i8: Int8Array,
  i6: Int8Array,
  i4: Int8Array,
} as const satisfies Record<DType, unknown>;

/** Numbers of a tensor's bytes; `bytes` is not kept. */
export function decodeTensor(type: TensorType, bytes: Uint8Array): HostTensor {
  const whole = bytes.slice().buffer;
  const n = elements(type);
  const { dtype, shape } = type;
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: new Float32Array(whole, 0, n) };
    case 'u32':
      return { dtype, shape, data: new Uint32Array(whole, 0, n) };
    case 'i8':
      return { dtype, shape, data: new Int8Array(whole, 0, n) };
    case 'f16':
      return { dtype, shape, data: f16ToF32(new Uint16Array(whole, 0, n)) };
    case 'q8':
      return { dtype, shape, data: decodeHeads(new Uint8Array(whole), n) };
    case 'i6':
    case 'i4':
      return { dtype, shape, data: unpackLevels(PACKED[dtype]!, new Uint8Array(whole), shape.at(-1)!) };
  }
}

/** Bytes of a host tensor as the device wants them; f16 and q8 are rounded to nearest even. */
export function encodeTensor({ dtype, shape, data }: HostTensor): Uint8Array {
  const scheme = PACKED[dtype];
  if (scheme) return packLevels(scheme, Int8Array.from(data), shape.at(-1)!);
  if (dtype === 'q8') return encodeHeads(Float32Array.from(data));
  const bytes = new Uint8Array(byteLength({ dtype, shape }));
  const view = dtype === 'f16' ? f32ToF16(Float32Array.from(data)) : data;
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return bytes;
}

/** A host tensor of the given values, or zeros. */
export function hostTensor(type: TensorType, values?: ArrayLike<number>): HostTensor {
  const n = elements(type);
  if (values && values.length !== n) {
    throw new GraphError(`hostTensor: expected ${n} values for ${describeType(type)}, got ${values.length}`);
  }
  const make = VALUES[type.dtype];
  const data = values ? make.from(values) : new make(n);
  return { dtype: type.dtype, shape: type.shape, data };
}

/** How far apart the values are between which the format of element i must choose; 0 where it rounds nothing. */
export function storageStep({ dtype, data }: HostTensor, i: number): number {
  if (dtype === 'f16') return Math.max(Math.abs(data[i]!) * 2 ** -10, 2 ** -24);
  // A scale may be off in its last bits, which shows in 127 of it.
  return dtype === 'q8' ? headScale(data as Float32Array, i) * (1 + 2 ** -16) : 0;
}
