// Rung: device. Before every run of a phase all bytes of the arena that nobody owns then are overwritten, with NaN and with noise: a tiny
// model must hear, to the bit, what it hears undisturbed in a layout in which no two tensors share a byte.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openModel } from '../../src/formats/detect.ts';
import type { GpuExecutor } from '../../src/gpu/executor.ts';
import { uniform } from '../../src/ops/random.ts';
import { loadTokenizer } from '../../src/text/tokenizer.ts';
import { WhisperEngine } from '../../src/whisper/engine.ts';
import { type GraphOptions, MODES } from '../../src/whisper/graph_options.ts';
import { tokenizerSource } from '../../src/whisper/model_folder.ts';
import { testGpu } from '../support/gpu.ts';
import { type Heard, listen, listenTogether } from '../support/listen.ts';
import { freeRanges, heldTensors } from '../support/poison.ts';
import { writeTinyModel } from '../support/tiny_whisper.ts';

const WORDS = {
  keepFeatures: true,
  alignment: [
    { layer: 0, head: 0 },
    { layer: 1, head: 0 },
  ],
};
const LOADS: Readonly<Record<string, Partial<GraphOptions>>> = {
  ...Object.fromEntries(MODES.map((mode) => [mode, { mode, ...WORDS }])),
  'resident, 3 sequences': { batch: 3, ...WORDS },
  'streamed, 3 audios': { mode: 'streamed', audios: 3 },
};

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

const layout = vi.hoisted(() => ({ reuse: true }));
vi.mock(import('../../src/allocator/plan.ts'), async (original) => {
  const { planMemory } = await original();
  const { separateLayout } = await import('../../src/graph/layouts.ts');
  return {
    planMemory: (graph, limits) => ({ ...planMemory(graph, limits), ...(!layout.reuse && separateLayout(graph)) }),
  };
});

interface Loaded {
  readonly engine: WhisperEngine;
  readonly arenaBytes: number;
  hear(): Promise<Heard>;
}

async function load(options: Partial<GraphOptions>, reuse: boolean): Promise<Loaded> {
  layout.reuse = reuse;
  const model = await openModel(folder);
  const tokenizer = loadTokenizer(await tokenizerSource(model), model.dims);
  const sizes = { tileRows: 20, queryRows: 12, crossRows: 10 };
  const engine = await WhisperEngine.load(await testGpu(), model, { ...sizes, ...options });
  const arenas = engine.program.buffers.filter(({ use }) => use === 'arena');
  return {
    engine,
    arenaBytes: arenas.reduce((sum, { bytes }) => sum + bytes, 0),
    hear: () => (engine.options.audios > 1 ? listenTogether(engine, tokenizer) : listen(engine)),
  };
}

type Run = GpuExecutor['run'];

/** A run that fills what nobody owns before, each time where phases run several times in a row. */
function poisoned({ executor, graph, program }: WhisperEngine, run: Run, byte: () => number): Run {
  const held = heldTensors(graph);
  return async (phase, { times = 1, signal } = {}) => {
    const time = graph.nodes.findIndex((node) => node.phase === phase);
    for (let i = 0; i < times; i++) {
      for (const { buffer, begin, end } of freeRanges(program, held[time]!)) {
        await executor.writeBuffer(buffer, begin, new Uint8Array(end - begin).map(byte));
      }
      await run(phase, { signal });
    }
  };
}

describe('[device] a tiny model in poisoned memory', () => {
  it.each(Object.entries(LOADS))('%s: hears what it hears without reuse', async (_, options) => {
    const roomy = await load(options, false);
    const want = await roomy.hear();
    await roomy.engine.dispose();
    const features = want.get('window 1: features') as Float32Array | undefined;
    expect(features?.every(Number.isFinite) ?? options.audios === 3).toBe(true);
    const { engine, arenaBytes, hear } = await load(options, true);
    expect(arenaBytes).toBeLessThan(roomy.arenaBytes);
    const run = engine.executor.run.bind(engine.executor);
    const next = uniform(9);
    for (const byte of [() => 0xff, () => Math.floor(next() * 256)]) {
      engine.executor.run = poisoned(engine, run, byte);
      const heard = await hear();
      expect(heard.size).toBe(want.size);
      expect([...heard.keys()].filter((what) => !isDeepStrictEqual(heard.get(what), want.get(what)))).toEqual([]);
    }
    await engine.dispose();
  });
});
