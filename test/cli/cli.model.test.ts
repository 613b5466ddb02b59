// Rung: model. The command line, in process (a model without sense where sense does not matter): what goes to stdout, what to stderr, and with which exit code it ends.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { clipPath } from '../support/golden_case.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';

const CLIP = clipPath({ clip: 'lv0880' });
/** What the bundled model makes of it. */
const TEXT = 'He was not an old-sposed young man.\n';
let folder: string;

let model: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-cli-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function cli(args: readonly string[], input?: Uint8Array, signal = new AbortController().signal) {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (to: string[]) =>
    new Writable({ write: (chunk, _encoding, done) => done(void to.push(String(chunk)) as never) });
  const stdin = Readable.from(input ? [input] : []);
  const code = await run(args, { stdout: sink(out), stderr: sink(err), stdin, signal });
  return { code, out: out.join(''), err: err.join('') };
}

describe('[pure] command line', () => {
  it('help and version go to stdout', async () => {
    expect(await cli(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('transcribe'), err: '' });
    expect((await cli(['transcribe', '--help'])).out).toContain('--output-format');
    expect(await cli(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('wrong usage is exit code 2, with nothing on stdout', async () => {
    const wrong = [
      ['transcribe'],
      ['transcribe', CLIP, '--no-such-option'],
      ['transcribe', CLIP, '--output-format', 'docx'],
      ['transcribe', CLIP, '--output-format', 'all'],
      ['transcribe', CLIP, '--condition-on-previous-text', 'maybe'],
      ['transcribe', CLIP, '--beam-size', 'five'],
      ['transcribe', CLIP, '--clip-timestamps', '1,None'],
      ['transcribe', CLIP, '--max-line-width', '40'], // needs words
      ['transcribe', CLIP, '--max-gpu-memory', 'plenty'],
      ['transcribe', CLIP, '--model', model, '--quiet', '--patience', '2', '--beam-size', 'None'],
      ['convert', 'tiny.en'],
      ['sing'],
    ];
    for (const args of wrong) {
      const { code, out, err } = await cli(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).not.toBe('');
    }
  });

  it('plan prints the bytes of a model without a GPU', async () => {
    const { code, out } = await cli(['plan', '--model', 'large-v3', '--weights', 'int8']);
    expect(code).toBe(0);
    expect(out).toMatch(/arena +319\.\d+ 1\.0000 x the lower bound/);
    expect((await cli(['plan', '--model', 'huge'])).code).toBe(1);
  });

  it('no adapter is exit code 4', async () => {
    const { code, err } = await cli(['transcribe', CLIP, '--adapter', 'no such card']);
    expect(code).toBe(4);
    expect(err).toContain('no such card');
  });
});

describe('[device] transcribe', () => {
  it('writes text to stdout and everything else to stderr; openai spelling is taken; a bad file among good ones is code 3', async () => {
    const { code, out, err } = await cli(['transcribe', '/no/such.wav', CLIP, '--condition_on_previous_text', 'False']);
    expect(code).toBe(3);
    expect(out).toBe(TEXT);
    expect(err).toMatch(/no\/such\.wav/);
    expect(err).toMatch(/planned = .* created/);
  });

  it('writes every format into a folder, from stdin too', async () => {
    const to = join(folder, 'deep', 'er');
    const { code, out } = await cli(
      ['transcribe', '-', '--model', model, '-o', to, '--output_format=all', '--quiet'],
      readFileSync(CLIP),
    );
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(readdirSync(to).sort()).toEqual(['stdin.json', 'stdin.srt', 'stdin.tsv', 'stdin.txt', 'stdin.vtt']);
    expect(readFileSync(join(to, 'stdin.srt'), 'utf8')).toMatch(/^1\n\d\d:\d\d:\d\d,\d{3} --> /);
  });

  it('srt without a folder goes to stdout', async () => {
    const { code, out } = await cli(['transcribe', CLIP, '--model', model, '--output-format', 'srt', '--quiet']);
    expect(code).toBe(0);
    expect(out).toMatch(/^1\n\d\d:\d\d:\d\d,\d{3} --> /);
  });

  it("openai's options arrive: words, beams, verbose lines, warnings; None is none", async () => {
    const options = ['--beam_size', '2', '--best_of', 'None', '--word_timestamps', 'True', '--verbose', 'True'];
    const more = ['--max_line_width', '20', '--threads', '4', '--temperature_increment_on_fallback', 'None'];
    const { code, out, err } = await cli(['transcribe', CLIP, '--model', model, ...options, ...more]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\[00:00\.\d{3} --> 00:\d\d\.\d{3}\] /);
    expect(err).toMatch(/warning: --threads has no effect/);
    const highlighted = ['--word_timestamps', 'True', '--highlight_words', 'True', '-f', 'srt', '--quiet'];
    const srt = (
      await cli(['transcribe', CLIP, '--model', model, '--beam-size', 'None', '--best-of', 'None', ...highlighted])
    ).out;
    expect(srt).toMatch(/<u>.+<\/u>/);
  });

  it('a budget picks a mode that fits and says so; one that nothing fits is an error', async () => {
    const run = (budget: string) =>
      cli([
        'transcribe',
        CLIP,
        '--model',
        model,
        '--beam-size',
        'None',
        '--best-of',
        'None',
        '--max-gpu-memory',
        budget,
      ]);
    expect((await run('1GB')).err).toMatch(/within 1000\.0 MB: resident, f16, f16 caches \(the fastest of all\)/);
    expect(await run('10kB')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/at least \d+ bytes because streamed/),
    });
  });

  it('several files at once: the same text, in their order, and a bad one is code 3', async () => {
    const args = ['transcribe', CLIP, '/no/such.wav', CLIP, '--model', model];
    const together = await cli([...args, '--audios', '2']);
    const apart = await cli([...args, '--beam-size', 'None', '--best-of', 'None', '--mode', 'absorbed']);
    expect(together).toMatchObject({ code: 3, out: apart.out });
    expect(apart.out).not.toBe('');
    const fit = await cli([...args, '--audios', 'fit', '--max-gpu-memory', '40MB', '--quiet']);
    expect(fit).toMatchObject({ code: 3, out: apart.out });
    expect((await cli([...args, '--audios', 'fit'])).code).toBe(2);
  });

  it('convert writes a model that transcribes the same', async () => {
    const to = join(folder, 'converted');
    expect(await cli(['convert', model, '--weights', 'f16', '-o', to])).toMatchObject({ code: 0, out: '' });
    expect(readdirSync(to).sort()).toEqual(['model.safetensors', 'tokenizer.json.gz']);
    const text = async (from: string) => (await cli(['transcribe', CLIP, '--model', from, '--quiet'])).out;
    expect(await text(to)).toBe(await text(model));
  });

  it('only bad files: code 1; interrupted: code 130', async () => {
    expect((await cli(['transcribe', '/no/such.wav', '--model', model, '--quiet'])).code).toBe(1);
    const interrupted = await cli(['transcribe', CLIP, '--model', model, '--quiet'], undefined, AbortSignal.abort());
    expect(interrupted.code).toBe(130);
  });
});
