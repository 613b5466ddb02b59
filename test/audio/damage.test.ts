// pure: corrupt and truncated files of every compressed format are refused with the place, or kept up to it.
import { describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { AudioError } from '../../src/errors.ts';
import { bytesOf, clip, difference, join, kind, load, withOggChecksums } from './helpers.ts';

const FILES = [
  'lame_vbr.mp3',
  'no_tag_mpeg2.mp3',
  'stereo44.ogg',
  'stereo.opus',
  'fixed_stereo44.flac',
  'unknown_total.flac',
  'stereo44.oga',
];
const PLACE = /at byte \d+/;
const NO_PROGRAM = { ffmpeg: 'no-such-program' }; // so that nothing here is decoded elsewhere

describe.each(FILES)('%s', (file) => {
  const bytes = bytesOf(kind(file));

  it.each([0.95, 0.6])('cut at %d of its length: refused, with the place', async (part) => {
    const cut = bytes.subarray(0, Math.floor(bytes.length * part));
    await expect(openAudio(cut, NO_PROGRAM)).rejects.toThrow(AudioError);
    await expect(openAudio(cut, NO_PROGRAM)).rejects.toThrow(PLACE);
  });

  it('cut: the part before the damage can be kept', async () => {
    const whole = await load(bytes);
    await using source = await openAudio(bytes.subarray(0, Math.floor(bytes.length * 0.95)), { damaged: 'keep' });
    expect(source.damage).toBeInstanceOf(AudioError);
    expect(source.length).toBeLessThan(whole.length);
    const sure = Math.max(0, source.length - 100); // the resampler mirrors the end
    expect(difference(await source.read(0, sure), whole.subarray(0, sure)).max).toBeLessThanOrEqual(1);
  });

  it('overwritten by zeros in the middle: refused, with the place', async () => {
    const holed = bytes.slice().fill(0, Math.floor(bytes.length * 0.5), Math.floor(bytes.length * 0.6));
    await expect(openAudio(holed, NO_PROGRAM)).rejects.toThrow(PLACE);
  });

  it('ended in its first 40 bytes: refused', async () => {
    await expect(openAudio(bytes.subarray(0, 40), NO_PROGRAM)).rejects.toThrow(AudioError);
  });

  it('followed by an ID3v1 tag: whole', async () => {
    const tag = join(new Uint8Array([0x54, 0x41, 0x47]), new Uint8Array(125).fill(32));
    expect(await load(join(bytes, tag))).toEqual(await load(bytes));
  });
});

describe('one wrong bit', () => {
  it.each(['stereo44.ogg', 'stereo.opus', 'fixed_stereo44.flac', 'stereo44.oga'])(
    'is found by the checksums of %s',
    async (file) => {
      const bytes = bytesOf(kind(file)).slice();
      bytes[Math.floor(bytes.length * 0.7)]! ^= 4;
      await expect(openAudio(bytes)).rejects.toThrow(/checksum at byte \d+/);
    },
  );
});

describe('missing parts between sound ones', () => {
  it('an Ogg page', async () => {
    const bytes = bytesOf(kind('stereo44.ogg')).slice();
    const last = Buffer.from(bytes).lastIndexOf('OggS');
    const number = bytes[last + 18]!++;
    await expect(openAudio(withOggChecksums(bytes))).rejects.toThrow(
      `expected Ogg page ${number} at byte ${last} because pages are numbered, got ${number + 1}`,
    );
  });

  it('MPEG frames that the first one promises', async () => {
    const bytes = bytesOf(kind('lame_vbr.mp3'));
    // Keep whole frames only: cut where a frame was found to begin.
    const message = await openAudio(bytes.subarray(0, bytes.length - 10)).then(String, (error: Error) => error.message);
    const last = Number(/at byte (\d+)/.exec(message)![1]);
    const previous = await openAudio(bytes.subarray(0, last - 10)).then(String, (error: Error) => error.message);
    const whole = bytes.subarray(0, Number(/at byte (\d+)/.exec(previous)![1]));
    await expect(openAudio(whole)).rejects.toThrow(/expected \d+ frames because the first one says so, got \d+/);
  });

  it('FLAC samples that the header promises', async () => {
    const bytes = bytesOf(clip('silence10.flac')).slice();
    bytes[25]! += 1; // the low byte of the sample count
    await expect(openAudio(bytes)).rejects.toThrow(
      'expected 160001 samples because the FLAC header says so, got 160000',
    );
  });
});

describe('nonsense under right checksums', () => {
  it.each([
    ['stereo44.ogg', [[36, 49]]], // a version of Vorbis that is not: the library throws a ReferenceError
    [
      'stereo.opus',
      [
        [891, 51],
        [1430, 188],
        [3225, 223],
        [3667, 140],
        [4729, 251],
      ],
    ], // WebAssembly traps
  ] as const)('%s: still an AudioError', async (file, changes) => {
    const bytes = bytesOf(kind(file)).slice();
    for (const [place, value] of changes) bytes[place] = value;
    const error = await openAudio(withOggChecksums(bytes)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toHaveProperty('message', expect.stringMatching(/expected sound .* packets before byte \d+/));
  });
});
