// pure: waves as they are found: odd chunks, unknown sizes, cut ends, nonsense.
import { describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { AudioError } from '../../src/errors.ts';
import { ascii, chunk, fmt, int16Bytes, join, load, riff, toInt16, u32 } from './helpers.ts';

const SAMPLES = [0, 1, -1, 1000, -1000, 32767, -32768, 5];
const DATA = int16Bytes(SAMPLES);
const MONO = fmt(1, 1, 16_000, 16);
const MAX32 = 0xffffffff;

const int16s = async (file: Uint8Array) => [...toInt16(await load(file))];

describe('chunks', () => {
  it('are read in any order before the data, odd sizes padded, and ignored after it', async () => {
    const list = chunk('LIST', ascii('INFOodd'));
    expect(await int16s(riff(list, chunk('junk', new Uint8Array(3)), MONO, list, chunk('data', DATA), list))).toEqual(
      SAMPLES,
    );
  });

  it.each([0, MAX32])('a data size of %i means until the end', async (size) => {
    expect(await int16s(riff(MONO, chunk('data', DATA, size)))).toEqual(SAMPLES);
  });

  it('a wave without samples is sound and empty', async () => {
    await using source = await openAudio(riff(MONO, chunk('data', new Uint8Array(0))));
    expect([source.length, source.duration, source.damage]).toEqual([0, 0, null]);
    expect(await source.read(0, 3)).toEqual(new Float32Array(3));
  });

  it('RF64 brings its size in a ds64 chunk', async () => {
    const ds64 = chunk('ds64', u32(0, 0, DATA.length, 0, SAMPLES.length, 0, 0));
    const file = riff(ds64, MONO, chunk('data', DATA, MAX32), chunk('LIST', ascii('not audio')));
    expect(await int16s(join(ascii('RF64'), u32(MAX32), file.subarray(8)))).toEqual(SAMPLES);
  });

  it('are found across chunks of a stream', async () => {
    const file = riff(MONO, chunk('LIST', new Uint8Array(50)), chunk('data', DATA));
    async function* single() {
      for (const byte of file) yield Uint8Array.of(byte);
    }
    expect([...toInt16(await load(single()))]).toEqual(SAMPLES);
  });
});

describe('codecs', () => {
  it('mixes channels by their mean, halves upwards', async () => {
    const stereo = int16Bytes([3, 4, -3, -4, 32767, 32767, -32768, 32767]);
    expect(await int16s(riff(fmt(1, 2, 16_000, 16), chunk('data', stereo)))).toEqual([4, -3, 32767, 0]);
    expect(await int16s(riff(fmt(1, 4, 16_000, 16), chunk('data', int16Bytes([4, 8, 12, 16]))))).toEqual([10]);
  });

  it('floats round to the even neighbour and stop at full scale', async () => {
    const floats = Float32Array.of(0.5 / 32768, 1.5 / 32768, -0.5 / 32768, -1.5 / 32768, 1.5, -1.5);
    const file = riff(fmt(3, 1, 16_000, 32), chunk('data', new Uint8Array(floats.buffer)));
    expect((await int16s(file)).map((x) => x + 0)).toEqual([0, 2, 0, -2, 32767, -32768]);
    expect(await load(file, { quantize: false })).toEqual(floats);
  });

  it('refuses a float that is no number', async () => {
    const file = riff(fmt(3, 1, 16_000, 32), chunk('data', new Uint8Array(Float32Array.of(0, Number.NaN).buffer)));
    await expect(openAudio(file)).rejects.toThrow(/finite samples .* got NaN or infinity/);
  });

  it.each([
    ['no channels', fmt(1, 0, 16_000, 16)],
    ['no rate', fmt(1, 1, 0, 16)],
    ['a width that PCM has not', fmt(1, 1, 16_000, 40)],
    ['a width that float has not', fmt(3, 1, 16_000, 16)],
    ['a rate that is no audio', fmt(1, 1, 3_000_000, 16)],
  ])('refuses %s', async (_, format) => {
    await expect(openAudio(riff(format, chunk('data', DATA)))).rejects.toThrow(AudioError);
  });

  it('refuses data without a format and a format without data', async () => {
    await expect(openAudio(riff(chunk('data', DATA)))).rejects.toThrow(/expected a "fmt " and then a "data" chunk/);
    await expect(openAudio(riff(MONO))).rejects.toThrow(/expected a "fmt " and then a "data" chunk/);
  });
});

describe('a wave cut short', () => {
  it('gives what is there, as ffmpeg does, and says so', async () => {
    const file = riff(MONO, chunk('data', DATA));
    await using source = await openAudio(file.subarray(0, file.length - 3));
    expect([...toInt16(await source.read(0, source.length))]).toEqual(SAMPLES.slice(0, -2)); // the half sample is dropped
    expect(source.damage?.message).toMatch(
      /expected 16 bytes of samples .* got 13: the file ends at byte 57 \(second 0.00\)/,
    );
  });
});
