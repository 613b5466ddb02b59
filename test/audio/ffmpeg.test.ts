// pure: other formats through ffmpeg. A stand-in program tests the pipe everywhere; the real one is used where it is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAudio } from '../../src/audio/index.ts';
import { AudioError } from '../../src/errors.ts';
import { bytesOf, difference, jsonOf, kind, load, sha256, toInt16 } from './helpers.ts';

const M4A = kind('aac.m4a');
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
if (!hasFfmpeg) console.warn('ffmpeg.test.ts: no ffmpeg on the PATH, so the tests with the real program are skipped');

let folder: string;
const realTmp = process.env['TMPDIR'];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A Node script as a program; `args` and `file` (the path after -i) are there for its `body`. */
function program(body: string): string {
  const path = join(folder, `program-${readdirSync(folder).length}`);
  const head = `const args = process.argv.slice(2); const file = args[args.indexOf('-i') + 1].slice('file:'.length);`;
  writeFileSync(path, `#!${process.execPath}\n${head}\n${body}`, { mode: 0o755 });
  return path;
}

describe.skipIf(process.platform === 'win32')('a stand-in program', () => {
  it('gets the file by an absolute path and gives samples, cut anywhere', async () => {
    const ffmpeg = program(`
      process.stderr.write('');
      if (file !== ${JSON.stringify(fileURLToPath(M4A))} || !args.join(' ').includes('-f s16le -acodec pcm_s16le -ac 1 -ar 16000 -')) process.exit(9);
      process.stdout.write(Buffer.from([1, 0, 2]));
      setTimeout(() => process.stdout.write(Buffer.from([0, 255, 255])), 30);`);
    expect([...toInt16(await load(M4A, { ffmpeg }))]).toEqual([1, 2, -1]);
  });

  it('gives floats when not to quantize', async () => {
    const ffmpeg = program(`
      if (!args.join(' ').includes('-f f32le -rematrix_maxval 1')) process.exit(9);
      process.stdout.write(Buffer.from(Float32Array.of(0.1, -2).buffer));`);
    expect(await load(M4A, { ffmpeg, quantize: false })).toEqual(Float32Array.of(0.1, -2));
  });

  it('gets a stream as a file of the same bytes, which is gone afterwards', async () => {
    const seen = join(folder, 'seen');
    const ffmpeg = program(
      `const fs = require('fs'); fs.copyFileSync(file, ${JSON.stringify(seen)}); fs.writeFileSync(${JSON.stringify(`${seen}.path`)}, file);`,
    );
    await using source = await openAudio(bytesOf(M4A), { ffmpeg });
    expect(source.length).toBe(0);
    expect(new Uint8Array(readFileSync(seen))).toEqual(bytesOf(M4A));
    expect(existsSync(readFileSync(`${seen}.path`, 'utf8'))).toBe(false);
  });

  it('that fails is quoted', async () => {
    const ffmpeg = program(`process.stderr.write('moov atom not found'); process.exitCode = 3;`);
    await expect(openAudio(M4A, { ffmpeg })).rejects.toThrow(
      /aac\.m4a: expected .* got exit code 3: moov atom not found/,
    );
  });

  it('that goes on after errors is quoted in `damage`', async () => {
    const ffmpeg = program(`process.stderr.write('invalid band type'); process.stdout.write(Buffer.from([7, 0]));`);
    await using source = await openAudio(M4A, { ffmpeg });
    expect(source.length).toBe(1);
    expect(source.damage?.message).toMatch(/expected no errors of .* got invalid band type/);
  });

  it('that hangs is ended by the signal', async () => {
    const pidFile = join(folder, 'pid');
    const ffmpeg = program(
      `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
    const controller = new AbortController();
    const opening = expect(openAudio(M4A, { ffmpeg, signal: controller.signal })).rejects.toThrow('enough');
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(5);
    controller.abort(new Error('enough'));
    await opening;
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH');
  });
});

describe('no program', () => {
  it('is an error that names the formats read without it, for files and for streams', async () => {
    process.env['TMPDIR'] = mkdtempSync(join(folder, 'tmp-'));
    for (const input of [M4A, bytesOf(M4A), kind('wav_adpcm.wav')]) {
      const error = await openAudio(input, { ffmpeg: 'no-such-program' }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(AudioError);
      expect(error).toHaveProperty(
        'message',
        expect.stringMatching(
          /WAV, MP3, FLAC, Ogg Vorbis, Ogg Opus or Ogg FLAC, or ffmpeg on the PATH .* got no program "no-such-program"/,
        ),
      );
    }
    expect(readdirSync(process.env['TMPDIR'])).toEqual([]);
    if (realTmp === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = realTmp;
  });
});

describe.skipIf(!hasFfmpeg)('the real program', () => {
  const golden: { samples: number; pcm16_sha256: string } = jsonOf(kind('kinds.json')).files['aac.m4a'];

  it.each([
    ['a path', M4A],
    ['bytes, with the index at their end', bytesOf(M4A)],
  ])('reads AAC in MP4 from %s', async (_, input) => {
    const samples = await load(input);
    expect(Math.abs(samples.length - golden.samples)).toBeLessThan(20); // versions differ in the encoder's delay
    const reference = await load(kind('aac.m4a.loaded16k.flac'));
    const count = Math.min(samples.length, reference.length);
    expect(difference(samples.subarray(0, count), reference.subarray(0, count)).rms).toBeLessThan(1);
  });

  it('reads ADPCM waves, and mixes floats by the mean too', async () => {
    const adpcm = jsonOf(kind('kinds.json')).files['wav_adpcm.wav'];
    expect(sha256(await load(kind('wav_adpcm.wav')))).toBe(adpcm.pcm16_sha256);
    const floats = await load(M4A, { quantize: false });
    expect(difference(floats, await load(M4A)).max).toBeLessThanOrEqual(0.5);
  });

  it('refuses what it cannot read', async () => {
    await expect(openAudio(new TextEncoder().encode('not audio at all'))).rejects.toThrow(
      /got exit code \d+: .*Invalid data/s,
    );
  });
});
