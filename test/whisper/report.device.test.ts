// Rung: device. The report on mixtures of weight formats: a small model against itself and against fewer bits; what it refuses; the command.

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelFileError, OptionError } from '../../src/errors.ts';
import { convertModel } from '../../src/whisper/convert.ts';
import { reportWeights, type WeightsReport } from '../../src/whisper/report.ts';
import { DEFAULT_MIXTURES, parseMixture, readSizes } from '../../src/whisper/report_mixtures.ts';
import { cli } from '../cli/in_process.ts';
import { chirp, writeTinyModel } from '../support/tiny_whisper.ts';
import { BUNDLED } from '../support/weights.ts';

const EMBEDDING = 'decoder.token_embedding.weight';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-report-'));
const source = join(folder, 'source');
/** A second of sound: one window of the small model. */
const CLIP = join(folder, 'chirp.wav');
beforeAll(async () => {
  await writeTinyModel(source);
  writeFileSync(CLIP, wav(chirp(16000)));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('[pure] mixtures', () => {
  it('are a format and rules, by default the formats and one with a larger embedding', () => {
    expect(DEFAULT_MIXTURES.map(({ name }) => name)).toEqual(['int8', 'int6', 'int4', `int4,${EMBEDDING}=int6`]);
    expect(parseMixture('int4,*.mlp.*=int8')).toEqual({
      name: 'int4,*.mlp.*=int8',
      weights: 'int4',
      weightRules: [{ match: '*.mlp.*', weights: 'int8' }],
    });
    for (const text of ['', 'f32', 'int3', 'int4,', 'int4,int8', `${EMBEDDING}=int8`]) {
      expect(() => parseMixture(text), text).toThrow(OptionError);
    }
  });

  it('have the bytes that a converted file has, but for its header', async () => {
    const { precision, sourceBytes, mixtureBytes } = await readSizes(source, DEFAULT_MIXTURES);
    expect(precision).toBe('f16');
    expect(sourceBytes).toBeLessThan(statSync(join(source, 'model.safetensors')).size);
    for (const [i, mixture] of DEFAULT_MIXTURES.entries()) {
      const to = join(folder, `mixture ${i}`);
      const { bytes } = await convertModel(source, to, mixture);
      expect(bytes - mixtureBytes[i]!).toBeGreaterThan(0);
      expect(bytes - mixtureBytes[i]!).toBeLessThan(20_000);
    }
  });
});

describe('[device] report', () => {
  let report: WeightsReport;
  beforeAll(async () => {
    const mixtures = ['f16', 'int8', 'int4', `int4,${EMBEDDING}=f16`].map(parseMixture);
    report = await reportWeights(source, [CLIP, CLIP], { mixtures, transcripts: ['He was', 'not an'] });
  });
  const of = (name: string) => report.mixtures.find(({ mixture }) => mixture.startsWith(name))!;

  it('finds no difference of a model from itself', () => {
    expect(of('f16')).toMatchObject({
      divergence: { meanKl: 0, maxKl: 0, sameArgmax: 1, positions: report.positions },
      texts: report.reference.texts,
      gpuBytes: report.reference.gpuBytes,
    });
    expect(of('f16').werToReference ?? 0).toBe(0);
    expect(of('f16').werToTranscripts).toBe(report.reference.werToTranscripts);
  });

  it('counts every position of every clip: one more than tokens in each window', () => {
    expect(report.positions).toBe(report.allPositions);
    expect(report.positions).toBeGreaterThan(2);
    expect(report.positions % 2).toBe(0); // the clip twice
    expect(report.reference.texts).toHaveLength(2);
    expect(report.reference.texts[0]).toBe(report.reference.texts[1]);
  });

  it('finds fewer bits worse, and a better embedding better', () => {
    const [int8, int4, mixed] = [of('int8').divergence!, of('int4').divergence!, of('int4,').divergence!];
    expect(int8.meanKl).toBeGreaterThan(0);
    expect(int4.meanKl).toBeGreaterThan(10 * int8.meanKl);
    expect(mixed.meanKl).toBeLessThan(int4.meanKl);
    expect(int4.maxKl).toBeGreaterThanOrEqual(int4.meanKl);
  });

  it('orders mixtures by bytes as their formats are', () => {
    for (const bytes of ['fileBytes', 'gpuWeightBytes', 'gpuBytes'] as const) {
      expect(of('int4')[bytes]).toBeLessThan(of('int8')[bytes]);
      expect(of('int8')[bytes]).toBeLessThan(of('f16')[bytes]);
    }
  });

  it('refuses quantised models, mixtures that fit no matrix, and transcripts of other clips', async () => {
    await expect(reportWeights(BUNDLED, [CLIP])).rejects.toThrow(ModelFileError);
    await expect(reportWeights(BUNDLED, [CLIP])).rejects.toThrow(/not quantised .* int8/);
    const mixtures = [parseMixture('int4,decoder.nothing=int8')];
    await expect(reportWeights(source, [CLIP], { mixtures })).rejects.toThrow(OptionError);
    await expect(reportWeights(source, [])).rejects.toThrow(OptionError);
    await expect(reportWeights(source, [CLIP], { transcripts: [] })).rejects.toThrow(/each of 1 clips, got 0/);
    await expect(reportWeights(source, [CLIP], { transcripts: [' ! '] })).rejects.toThrow(/words/);
    const empty = join(folder, 'empty.wav');
    writeFileSync(empty, wav(new Float32Array(0)));
    await expect(reportWeights(source, [empty], { mixtures: [] })).rejects.toThrow(/sound/);
  });
});

describe('[device] convert --report', () => {
  const reference = join(folder, 'said.txt');
  beforeAll(() => writeFileSync(reference, 'He was not an ill-disposed young man.'));

  it('prints a line for each mixture on stdout, what it does on stderr, and writes no file', async () => {
    const args = ['--mixture', 'int8', '--mixture', `int4,${EMBEDDING}=int6`, '--reference', reference];
    const { code, out, err } = await cli(['convert', source, '--report', CLIP, ...args]);
    expect(code).toBe(0);
    expect(err).toBe(`f16 ...\nint8 ...\nint4,${EMBEDDING}=int6 ...\n`);
    const [, , , , heading, ...rows] = out.trimEnd().split('\n');
    expect(heading).toMatch(/^mixture +file MB +GPU MB +GPU in all +mean KL +max KL +same top +WER to f16 +WER$/);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['f16', 'int8', `int4,${EMBEDDING}=int6`]);
    expect(rows[0]).toMatch(/ - +- +- +- +[\d.]+ %$/);
    expect(rows[1]).toMatch(/ \d\.\de-\d +\d\.\de-\d +\d+\/\d+ +(-|[\d.]+ %) +[\d.]+ %$/);
  });

  it('converts as well, and prints JSON of the mixture written', async () => {
    const to = join(folder, 'written');
    const { code, out } = await cli([
      ...['convert', source, '--report', CLIP, '--json'],
      ...['--weights', 'int4', '--rule', '*.mlp.*=int8', '-o', to],
    ]);
    expect(code).toBe(0);
    expect(existsSync(join(to, 'model.safetensors'))).toBe(true);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ clips: [CLIP], reference: { mixture: 'f16', mean_kl: null } });
    expect(report.mixtures).toHaveLength(1);
    expect(report.mixtures[0]).toMatchObject({ mixture: 'int4,*.mlp.*=int8', wer_to_transcripts: null });
    expect(report.mixtures[0].mean_kl).toBeGreaterThan(0);
    expect(report.mixtures[0].same_argmax).toBeLessThanOrEqual(1);
  });

  it('ends with 2 on wrong usage and 1 on a quantised model, with nothing on stdout', async () => {
    const wrong = [
      ['convert', source],
      ['convert', source, '-o', join(folder, 'no'), '--json'],
      ['convert', source, '-o', join(folder, 'no'), '--mixture', 'int8'],
      ['convert', source, '--report'],
      ['convert', source, '--report', CLIP, '--mixture', 'int3'],
      ['convert', source, '--report', CLIP, '--rule', 'decoder.nothing=int8'],
      ['convert', source, '--report', CLIP, '--reference', reference, reference],
    ];
    for (const args of wrong) {
      const { code, out, err } = await cli(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).not.toBe('');
    }
    expect(existsSync(join(folder, 'no'))).toBe(false);
    expect(await cli(['convert', BUNDLED, '--report', CLIP])).toMatchObject({ code: 1, out: '' });
  });
});

/** A WAV file, 16 kHz mono, 16 bits. */
function wav(samples: Float32Array): Buffer {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(16000, 24);
  file.writeUInt32LE(32000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, i) => {
    file.writeInt16LE(Math.round(32767 * sample), 44 + 2 * i);
  });
  return file;
}
