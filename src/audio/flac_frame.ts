// One FLAC frame (RFC 9639 section 9): header, subframes, stereo, checksums. Samples are exact integers in doubles.
import { BitReader } from './bit_reader.ts';

/** What STREAMINFO says, for frames that leave it out. */
export interface FlacStreamInfo {
  /** Hz */
  readonly sampleRate: number;
  readonly bits: number;
  readonly channels: number;
  /** Samples per channel in the largest frame. */
  readonly maxBlock: number;
  /** Samples per channel in the stream, 0 if unknown. */
  readonly total: number;
}

export interface FlacFrame {
  /** Length in the file. */
  readonly bytes: number;
  readonly sampleRate: number;
  readonly bits: number;
  /** [channel][sample], integers of `bits` bits */
  readonly channels: readonly Float64Array[];
}

interface Header {
  readonly blockSize: number;
  readonly sampleRate: number;
  readonly bits: number;
  /** 0 to 7: that many channels and one more; 8 left+side, 9 side+right, 10 mid+side */
  readonly assignment: number;
}

const SAMPLE_RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const SAMPLE_BITS = [0, 8, 12, -1, 16, 20, 24, 32];
const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
const MID_SIDE = 10;

// Fixed predictors are linear predictors with these coefficients and no shift.
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/** The frame at the start of `bytes`, or null when there is no whole and sound one. */
export function decodeFlacFrame(bytes: Uint8Array, info: FlacStreamInfo): FlacFrame | null {
  const reader = new BitReader(bytes);
  const header = readHeader(reader, bytes, info);
  if (!header) return null;
  const { blockSize, sampleRate, bits, assignment } = header;
  const channels: Float64Array[] = [];
  for (let c = 0; c < (assignment < 8 ? assignment + 1 : 2); c++) {
    const isSide = assignment === SIDE_RIGHT ? c === 0 : assignment >= LEFT_SIDE && c === 1;
    const channel = readSubframe(reader, blockSize, bits + (isSide ? 1 : 0));
    if (!channel || reader.overrun) return null;
    channels.push(channel);
  }
  reader.alignToByte();
  const crc = crc16(bytes.subarray(0, reader.byte));
  if (reader.unsigned(16) !== crc || reader.overrun) return null;
  undoStereo(channels, assignment);
  return { bytes: reader.byte, sampleRate, bits, channels };
}

function readHeader(reader: BitReader, bytes: Uint8Array, info: FlacStreamInfo): Header | null {
  if (reader.unsigned(15) !== 0x7ffc) return null;
  reader.unsigned(1); // fixed or variable block size: both give the size below
  const blockCode = reader.unsigned(4);
  const rateCode = reader.unsigned(4);
  const assignment = reader.unsigned(4);
  const bits = SAMPLE_BITS[reader.unsigned(3)]! || info.bits;
  if (reader.unsigned(1) !== 0 || blockCode === 0 || rateCode === 15 || assignment > MID_SIDE || bits < 0) return null;
  skipCodedNumber(reader);
  const blockSize =
    blockCode === 1
      ? 192
      : blockCode < 6
        ? 144 << blockCode
        : blockCode < 8
          ? reader.unsigned(blockCode === 6 ? 8 : 16) + 1
          : 1 << blockCode;
  const sampleRate =
    rateCode === 12
      ? reader.unsigned(8) * 1000
      : rateCode > 12
        ? reader.unsigned(16) * (rateCode === 14 ? 10 : 1)
        : SAMPLE_RATES[rateCode]! || info.sampleRate;
  const crc = crc8(bytes.subarray(0, reader.byte));
  return reader.unsigned(8) === crc ? { blockSize, sampleRate, bits, assignment } : null;
}

/** The frame's or first sample's number, coded as UTF-8 codes characters. */
function skipCodedNumber(reader: BitReader): void {
  const lead = reader.unsigned(8);
  for (let bit = 0x40; lead & 0x80 && lead & bit; bit >>= 1) reader.unsigned(8);
}

function readSubframe(reader: BitReader, size: number, frameBits: number): Float64Array | null {
  reader.unsigned(1);
  const type = reader.unsigned(6);
  const wasted = reader.unsigned(1) === 1 ? reader.unary() + 1 : 0; // low bits that are zero in every sample
  const bits = frameBits - wasted;
  const out = new Float64Array(size);
  if (bits < 1) return null;
  if (type === 0) out.fill(reader.signed(bits));
  else if (type === 1) for (let i = 0; i < size; i++) out[i] = reader.signed(bits);
  else if (!readPredicted(reader, out, type, bits)) return null;
  if (wasted > 0) for (let i = 0; i < size; i++) out[i]! *= 2 ** wasted;
  return out;
}

function readPredicted(reader: BitReader, out: Float64Array, type: number, bits: number): boolean {
  const isFixed = type >= 8 && type <= 12;
  if (!isFixed && type < 32) return false;
  const order = isFixed ? type - 8 : type - 31;
  if (order > out.length) return false;
  for (let i = 0; i < order; i++) out[i] = reader.signed(bits);
  let coefficients: readonly number[] = FIXED[order] ?? [];
  let shift = 0;
  if (!isFixed) {
    const precision = reader.unsigned(4) + 1;
    shift = reader.signed(5);
    if (precision === 16 || shift < 0) return false;
    coefficients = Array.from({ length: order }, () => reader.signed(precision));
  }
  if (!readResidual(reader, out, order)) return false;
  predict(out, Float64Array.from(coefficients), 2 ** -shift);
  return true;
}

/** The residual after the warm-up samples, in 2^n partitions with a Rice parameter each. */
function readResidual(reader: BitReader, out: Float64Array, order: number): boolean {
  const method = reader.unsigned(2);
  const parameterBits = method === 0 ? 4 : 5;
  const partitions = 1 << reader.unsigned(4);
  const size = out.length / partitions;
  if (method > 1 || !Number.isInteger(size) || size < order) return false;
  for (let p = 0; p < partitions && !reader.overrun; p++) {
    const from = p === 0 ? order : p * size;
    const to = (p + 1) * size;
    const k = reader.unsigned(parameterBits);
    if (k < (1 << parameterBits) - 1) reader.rice(out, from, to, k);
    else {
      const raw = reader.unsigned(5); // escape: plain numbers
      for (let i = from; i < to; i++) out[i] = reader.signed(raw);
    }
  }
  return true;
}

/** Adds to each residual the prediction from the samples before it. Doubles hold every sum exactly: 33 + 15 + 5 bits. */
function predict(out: Float64Array, coefficients: Float64Array, scale: number): void {
  const order = coefficients.length;
  for (let i = order; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += coefficients[j]! * out[i - 1 - j]!;
    out[i]! += Math.floor(sum * scale);
  }
}

function undoStereo([a, b]: readonly Float64Array[], assignment: number): void {
  if (assignment < LEFT_SIDE || !a || !b) return;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (assignment === LEFT_SIDE) b[i] = x - y;
    else if (assignment === SIDE_RIGHT) a[i] = x + y;
    else {
      const mid = 2 * x + (y % 2 === 0 ? 0 : 1); // the encoder halved the sum; its lost bit is the side's lowest
      a[i] = (mid + y) / 2;
      b[i] = (mid - y) / 2;
    }
  }
}

const CRC8 = crcTable(8, 0x07);
const CRC16 = crcTable(16, 0x8005);

function crcTable(bits: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return crc & (2 * top - 1);
  });
}

function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = CRC8[crc ^ byte]!;
  return crc;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ bytes[i]!]!;
  return crc;
}
