// pure: every format that is read without another program, against ffmpeg's samples of the same file.
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/audio/detect.ts';
import { bytesOf, clip, difference, join, jsonOf, kind, load, sha256, withOggChecksums } from './helpers.ts';

interface Kind {
  readonly samples: number;
  readonly pcm16_sha256: string;
  readonly loaded?: string;
}

const CLIPS: Record<string, { file: string; loaded_samples_16k: number; loaded_pcm16_sha256: string }> = jsonOf(
  clip('manifest.json'),
);
const KINDS: Record<string, Kind> = jsonOf(kind('kinds.json')).files;
const NEEDS_FFMPEG = ['aac.m4a', 'wav_adpcm.wav']; // tested in ffmpeg.test.ts

const exact = Object.entries(KINDS).filter(([, { loaded }]) => !loaded);
const close = Object.entries(KINDS).filter(([file, { loaded }]) => loaded && !NEEDS_FFMPEG.includes(file));

describe('whole clips', () => {
  it.each(Object.entries(CLIPS))('%s: the very samples of whisper.load_audio', async (_, golden) => {
    const samples = await load(clip(golden.file));
    expect(samples.length).toBe(golden.loaded_samples_16k);
    expect(sha256(samples)).toBe(golden.loaded_pcm16_sha256);
  });
});

describe('lossless kinds', () => {
  it.each(exact)('%s: the very samples of ffmpeg', async (file, golden) => {
    const samples = await load(kind(file));
    expect(samples.length).toBe(golden.samples);
    expect(sha256(samples)).toBe(golden.pcm16_sha256);
  });
});

describe('lossy kinds', () => {
  // Decoders work in single precision and in different orders: the last bit can round the other way. ffmpeg takes 16-bit
  // samples from libopus before it resamples, we take floats: measured max 2, rms 0.60; for the others max 1, rms 0.07.
  it.each(close)('%s: within two units of 16 bits', async (file, golden) => {
    const samples = await load(kind(file));
    expect(samples.length).toBe(golden.samples);
    const { max, rms } = difference(samples, await load(kind(golden.loaded!)));
    expect(max).toBeLessThanOrEqual(2);
    expect(rms).toBeLessThan(file.endsWith('.opus') ? 0.7 : 0.1);
  });

  it('keeps more than 16 bits when not to quantize', async () => {
    const fine = await load(kind('wav_f32.wav'), { quantize: false });
    const coarse = await load(kind('wav_f32.wav'));
    const bits24 = await load(kind('wav_s24.wav'), { quantize: false });
    const { max } = difference(fine, coarse);
    expect(max).toBeGreaterThan(0.4);
    expect(max).toBeLessThanOrEqual(0.5);
    expect(difference(fine, bits24).max).toBeLessThan(2 ** -7); // a unit of 24 bits is 2^-8 of one of 16
  });
});

describe('detection', () => {
  it('goes by content', () => {
    const format = (file: URL) => detectFormat(bytesOf(file));
    expect(format(clip('jfk.flac'))).toBe('flac');
    expect(format(clip('jfk_stereo44.wav'))).toBe('wav');
    expect(format(kind('lame_vbr.mp3'))).toBe('mp3');
    expect(format(kind('stereo44.ogg'))).toBe('ogg-vorbis');
    expect(format(kind('stereo.opus'))).toBe('ogg-opus');
    expect(format(kind('stereo44.oga'))).toBe('ogg-flac');
    for (const file of NEEDS_FFMPEG) expect(format(kind(file))).toBeNull();
    expect(detectFormat(new Uint8Array([0xff, 0xfb, 0x90, 0x00, ...new Uint8Array(1000)]))).toBeNull(); // a sync, no frame after
  });

  it('looks behind an ID3 tag, whatever its size', async () => {
    const tag = (size: number) =>
      join(
        new Uint8Array([0x49, 0x44, 0x33, 3, 0, 0, 0, (size >> 14) & 127, (size >> 7) & 127, size & 127]),
        new Uint8Array(size).fill(65),
      );
    const plain = await load(kind('no_tag_mpeg2.mp3'));
    expect(await load(join(tag(200_000), bytesOf(kind('no_tag_mpeg2.mp3'))))).toEqual(plain);
    expect(sha256(await load(join(tag(10), bytesOf(kind('bits8.flac')))))).toBe(KINDS['bits8.flac']!.pcm16_sha256);
  });
});

describe('files after one another', () => {
  it.each(['stereo44.ogg', 'stereo.opus', 'stereo44.oga', 'lame_vbr.mp3'])(
    '%s twice is twice as long',
    async (file) => {
      const once = await load(kind(file));
      const twice = await load(join(bytesOf(kind(file)), bytesOf(kind(file))));
      expect(Math.abs(twice.length - 2 * once.length)).toBeLessThan(file.endsWith('.mp3') ? 1700 : 2); // the inner LAME delay stays
      expect(
        difference(twice.subarray(0, once.length - 100), once.subarray(0, once.length - 100)).max,
      ).toBeLessThanOrEqual(1);
    },
  );

  it('changes rate with the file', async () => {
    const [a, b] = [bytesOf(kind('id3.mp3')), bytesOf(kind('no_tag_mpeg2.mp3'))];
    const both = await load(join(a, b));
    expect(both.length).toBe((await load(a)).length + (await load(b)).length);
  });

  it('an Ogg stream among others is the only one read', async () => {
    // The first page of another stream stands after ours, its second page in the middle, as in a file with pictures.
    const ours = bytesOf(kind('stereo44.ogg'));
    const pages = [...Buffer.from(ours).toString('latin1').matchAll(/OggS/g)].map((match) => match.index);
    const other = (page: number) => {
      const bytes = ours.slice(pages[page], pages[page + 1]);
      bytes[14]! ^= 1; // the serial number
      return withOggChecksums(bytes);
    };
    const parts = [
      ours.subarray(0, pages[1]),
      other(0),
      ours.subarray(pages[1], pages[4]),
      other(1),
      ours.subarray(pages[4]),
    ];
    expect(await load(join(...parts))).toEqual(await load(ours));
  });

  it('a recording of an Ogg broadcast, whose pages begin in the middle, is sound', async () => {
    const bytes = bytesOf(kind('stereo44.ogg')).slice();
    const pages = [...Buffer.from(bytes).toString('latin1').matchAll(/OggS/g)].map((match) => match.index);
    for (const [k, page] of pages.entries()) if (k > 1) bytes[page + 19] = 7; // page numbers 1792 and on
    expect((await load(withOggChecksums(bytes))).length).toBe(KINDS['stereo44.ogg']!.samples);
  });
});
