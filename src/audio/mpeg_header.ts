// The four bytes before each MPEG audio frame (ISO 11172-3, 13818-3), and the frame count that encoders leave in the first.

export interface MpegHeader {
  /** Length of the frame with its header. */
  readonly bytes: number;
  /** Samples per channel. */
  readonly samples: number;
  /** Hz */
  readonly sampleRate: number;
  /** Bytes of side information after the header, layer III. */
  readonly sideInfo: number;
}

// kbit/s by bit rate index 1 to 14: [MPEG-1 layers I, II, III], then [MPEG-2 layer I, layers II and III].
const BIT_RATES_1 = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const BIT_RATES_2 = [
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLE_RATES = [44_100, 48_000, 32_000]; // MPEG-1; halved for 2, quartered for 2.5

/** The header in the first four bytes, or null when they are none. Free-format frames have no length and count as none. */
export function parseMpegHeader(b: Uint8Array): MpegHeader | null {
  if (b.length < 4 || b[0] !== 0xff || (b[1]! & 0xe0) !== 0xe0) return null;
  const version = (b[1]! >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = 4 - ((b[1]! >> 1) & 3); // 4 is reserved
  const rateIndex = (b[2]! >> 2) & 3;
  if (version === 1 || layer === 4 || rateIndex === 3) return null;
  const rates = version === 3 ? BIT_RATES_1[layer - 1]! : BIT_RATES_2[Math.min(layer, 2) - 1]!;
  const bitRate = (rates[(b[2]! >> 4) - 1] ?? 0) * 1000;
  if (bitRate === 0) return null;
  const sampleRate = SAMPLE_RATES[rateIndex]! / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const padding = (b[2]! >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152;
  const slot = layer === 1 ? 4 : 1; // bytes
  const bytes = (Math.floor(((samples / 8) * bitRate) / sampleRate / slot) + padding) * slot;
  const mono = b[3]! >> 6 === 3;
  const sideInfo = version === 3 ? (mono ? 17 : 32) : mono ? 9 : 17;
  return { bytes, samples, sampleRate, sideInfo };
}

/** The number of frames after this one by its Xing or Info tag; 0 without one. */
export function promisedFrames(frame: Uint8Array, header: MpegHeader): number {
  const offset = 4 + header.sideInfo;
  if (frame.length < offset + 12) return 0;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const id = view.getUint32(offset);
  const hasCount = (view.getUint32(offset + 4) & 1) !== 0;
  return (id === 0x58696e67 || id === 0x496e666f) && hasCount ? view.getUint32(offset + 8) : 0; // 'Xing', 'Info'
}
