// Rung: device. A profiled program runs the same dispatches with the same results, every one timed, in bytes that were planned.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planMemory } from '../../src/allocator/plan.ts';
import { OptionError } from '../../src/errors.ts';
import { GpuExecutor } from '../../src/gpu/executor.ts';
import { phaseTotals } from '../../src/gpu/profile.ts';
import { Profiler } from '../../src/gpu/profiler.ts';
import { timedDispatches } from '../../src/gpu/timed_submitter.ts';
import { compile } from '../../src/graph/program.ts';
import { packRows } from '../../src/ops/rows.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { Whisper } from '../../src/whisper/whisper.ts';
import { testGpu } from '../support/gpu.ts';
import { chirp, randomWeights, TINY_DIMS, writeTinyModel } from '../support/tiny_whisper.ts';

const folder = mkdtempSync(join(tmpdir(), 'whisper-wgsl-'));
beforeAll(() => writeTinyModel(folder));
afterAll(() => rmSync(folder, { recursive: true }));

async function profiledExecutor(timed: number) {
  const gpu = await testGpu();
  const graph = whisperGraph(TINY_DIMS, { tileRows: 20, queryRows: 12, crossRows: 10, prefillRows: 4 });
  const program = compile(graph, planMemory(graph, gpu.device.limits), gpu.caps, { timedDispatches: timed });
  const profiler = new Profiler(graph, gpu.name, timed > 0 ? 'timestamps' : 'submits');
  const before = gpu.memory.live;
  const executor = await GpuExecutor.create(gpu, graph, program, { profiler });
  for (const [name, data] of randomWeights(graph)) await executor.write(name, data);
  profiler.take();
  return { gpu, program, profiler, executor, before };
}

/** Inputs have their bytes only from the phases on that read them. */
async function writeStep(executor: GpuExecutor): Promise<void> {
  const rows = packRows([{ token: 1, position: 0, sequence: 0, first: 0 }], 1);
  await executor.write('step_rows', new Uint8Array(rows.buffer));
  for (const table of ['cursor', 'rules', 'suppressed']) await executor.write(table, new Uint8Array(4));
}

describe('[device] profiler', async () => {
  const queries = timedDispatches(await testGpu());
  if (queries === 0) process.stderr.write('  [device] no timestamps here: profiles by submits only\n');
  // 32: read back in the midst of phases and of repeats.
  for (const timed of [0, ...(queries > 0 ? [32, queries] : [])]) {
    it(`${timed > 0 ? `timestamps of ${timed} dispatches` : 'a submit each'}: counts are the program's, times lie within runs`, async () => {
      const { gpu, program, profiler, executor, before } = await profiledExecutor(timed);
      const planned = program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(gpu.memory.live - before).toBe(planned);
      expect(executor.createdBytes).toBe(planned);
      await executor.run('encode');
      await writeStep(executor);
      await executor.run('step', { times: 3 });
      const made = gpu.memory.made;
      await executor.run('encode');
      expect(gpu.memory.made).toBe(made);
      await executor.read('cursor');
      const profile = profiler.take();
      const counts = phaseTotals(profile).map(({ name, runs, dispatches }) => [name, runs, dispatches]);
      const { encode, step } = program.phases;
      expect(counts).toEqual([
        ['encode', 2, 2 * encode!.length],
        ['step', 1, 3 * step!.length],
      ]);
      expect(profile.dispatches.map(({ site }) => site.kernel)).toEqual(
        [encode!, step!, step!, step!, encode!].flat().map(({ kernel }) => kernel),
      );
      const slack = 1e-3; // the clocks tick in nanoseconds and microseconds
      for (const { site, begin, end } of profile.dispatches) {
        expect(end).toBeGreaterThanOrEqual(begin);
        const run = profile.phases.find((p) => p.begin - slack <= begin && end <= p.end + slack);
        expect(run?.name, `${site.kernel} at ${begin}..${end}`).toBe(site.phase);
      }
      expect(profile.host.at(-1)).toMatchObject({ kind: 'read-back', name: 'cursor' });
      expect(profiler.take().dispatches).toEqual([]);
      await executor.destroy();
      expect(gpu.memory.live).toBe(before);
    });
  }
});

describe('[device] Whisper with a profile', () => {
  const listen = async (options: Parameters<typeof Whisper.load>[1]) => {
    await using whisper = await Whisper.load(folder, { ...options, robustness: true });
    const { segments, text, memory } = await whisper.transcribe(chirp(16_000), { temperature: 0 });
    return { segments, text, memory, profile: options?.profile ? whisper.takeProfile() : undefined };
  };

  for (const mode of ['resident', 'streamed'] as const) {
    it(`${mode}: hears the same, and tells where the time went`, async () => {
      const plain = await listen({ mode });
      const { profile, memory, ...heard } = await listen({ mode, profile: true });
      expect(heard).toEqual({ segments: plain.segments, text: plain.text });
      expect(memory.createdBytes).toBe(memory.plannedBytes);
      expect(profile!.calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['listen', 'encode', 'decode']));
      expect(phaseTotals(profile!).map(({ name }) => name)).toEqual(expect.arrayContaining(['encode', 'step']));
      const uploaded = profile!.host.filter(({ kind }) => kind === 'upload').map(({ name }) => name);
      expect(uploaded.some((name) => name.endsWith('mlp.0.weight'))).toBe(mode === 'streamed');
    });
  }

  it('without one there is none to take', async () => {
    await using whisper = await Whisper.load(folder, { robustness: true });
    expect(() => whisper.takeProfile()).toThrow(OptionError);
  });
});
