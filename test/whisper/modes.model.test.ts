// Rung: model. Every memory mode writes down what the resident one does, in the bytes that were planned and with nothing left behind:
// a model too small to say anything sensible everywhere, tiny.en's full weights on the goldens' clips where they are at hand.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES } from '../../src/whisper/graph_options.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { clipPath, differences, goldenCases, optionsOf } from '../support/golden_case.ts';
import { testGpu } from '../support/gpu.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';
import { realModel } from '../support/weights.ts';

const LOADS = [
  ...MODES.map((mode) => ({ mode })),
  { mode: 'phased', cross: 'stored' },
  { mode: 'streamed', cross: 'stored' },
] as const;
const label = (load: object) => Object.values(load).join(', ');

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

/** Three windows of the small model. */
const tone = Float32Array.from({ length: 50_000 }, (_, i) => 0.1 * Math.sin(i / 7));
const brief = { temperature: 0, sampleLength: 4, withoutTimestamps: true, noSpeechThreshold: null } as const;

describe('[device] modes, small model', () => {
  let resident: readonly (readonly number[])[];
  for (const load of LOADS) {
    it(`${label(load)}: the same tokens in the bytes planned, twice`, async () => {
      await using whisper = await Whisper.load(folder, { ...load, cache: 'f32', robustness: true, poison: true });
      for (let run = 0; run < 2; run++) {
        const { segments, memory } = await whisper.transcribe(tone, brief);
        expect(memory.createdBytes).toBe(memory.plannedBytes);
        resident ??= segments.map((s) => s.tokens);
        expect(segments.map((s) => s.tokens)).toEqual(resident);
      }
    });
  }

  it('a budget is kept to the byte, and refused before a device is opened', async () => {
    const streamed = await Whisper.load(folder, { mode: 'streamed', cache: 'f16' });
    const { plannedBytes: least } = streamed.memory;
    await streamed.dispose();
    await using whisper = await Whisper.load(folder, { weights: 'f16', cache: 'f16', maxGpuBytes: least });
    expect(whisper.configuration).toMatchObject({ mode: 'streamed', weights: 'f16' });
    expect(whisper.memory.createdBytes).toBe(least);
    const tooLittle = { weights: 'f16', cache: 'f16', maxGpuBytes: least - 1, adapter: 'no such card' } as const;
    await expect(Whisper.load(folder, tooLittle)).rejects.toThrow(`at least ${least} bytes because streamed, f16`);
  });

  it('a call aborted between two uploads leaves an engine that goes on', async () => {
    await using whisper = await Whisper.load(folder, { mode: 'streamed', cache: 'f32', robustness: true });
    const reason = new Error('enough');
    const abort = new AbortController();
    const late = { ...brief, signal: abort.signal, onSegment: () => abort.abort(reason) };
    await expect(whisper.transcribe(tone, late)).rejects.toBe(reason);
    expect((await whisper.transcribe(tone, brief)).segments.map((s) => s.tokens)).toEqual(resident);
  });
});

const path = realModel('tiny.en');
const slow = (await testGpu()).kind === 'swiftshader';
if (slow) process.stderr.write('  [model] SwiftShader: SKIPPED the modes of tiny.en on the clips\n');

describe.skipIf(path === undefined || slow)('[model] tiny.en, f16', () => {
  const clips = goldenCases().filter(
    (c) => c.model === 'tiny.en' && ['jfk', 'silence10'].includes(c.clip) && c.option === 'greedy',
  );
  for (const load of LOADS.slice(1)) {
    it(`${label(load)}: openai's text, tokens and times on ${clips.length} clips`, async () => {
      await using whisper = await Whisper.load(path!, { weights: 'f16', ...load });
      for (const golden of clips) {
        expect(differences(golden, await whisper.transcribe(clipPath(golden), optionsOf(golden)))).toEqual([]);
      }
    });
  }
});
