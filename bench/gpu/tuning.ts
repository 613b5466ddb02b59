// Which kernels `tune` would choose on this adapter for the largest model, and what that is worth; later parts run the model with them.

import { predict, type TunedSite, tuneKernels } from '../../src/gpu/tune.ts';
import type { Choices } from '../../src/gpu/tune_store.ts';
import { kernelStem } from '../../src/graph/program.ts';
import { freeTiles } from '../../src/whisper/free_tiles.ts';
import { graphOptions } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import type { Devices } from './devices.ts';
import type { Measured, Part, Task } from './schedule.ts';
import type { Shapes } from './shapes.ts';
import type { SyntheticFormat } from './synthetic_model.ts';

/** Formats of weights that the largest model is tuned with. */
export const TUNED: readonly SyntheticFormat[] = ['f16', 'int8'];

/** Choices by format of weights, once they are made. */
export type TunedChoices = Map<SyntheticFormat, Choices>;

export function tuning(devices: Devices, shapes: Shapes, found: TunedChoices, seconds: number): Part {
  const model = Object.keys(shapes.models)[0]!;
  const tasks = TUNED.map((weights): Task => {
    return { name: `${model} ${weights}`, run: (signal) => tune(devices, shapes, weights, found, signal) };
  });
  return {
    title: 'Kernels chosen by measuring',
    seconds,
    columns: ['sites', 'changed', 'encode s', 'encode s tuned', 's a token', 's a token tuned'],
    notes: [
      'Every admissible kernel at every distinct (op, shapes, attributes) of the resident model, each held against its CPU twin first. ' +
        'Seconds are sums of the least times of single dispatches.',
    ],
    tasks,
  };
}

async function tune(
  devices: Devices,
  { models }: Shapes,
  weights: SyntheticFormat,
  found: TunedChoices,
  signal: AbortSignal,
): Promise<Measured> {
  const gpu = await devices.plain();
  const dims = Object.values(models)[0]!;
  const graph = whisperGraph(dims, freeTiles(dims, graphOptions(dims, { weights })));
  const tuned: TunedSite[] = [];
  await tuneKernels(gpu, [graph], { signal, onSite: (site) => tuned.push(site) }).catch((error) => {
    if (error !== signal.reason || tuned.length === 0) throw error; // what was measured in time counts
  });
  found.set(weights, new Map(tuned.flatMap(({ site, chosen }) => (chosen ? [[site.key, chosen.variant]] : []))));
  const changed = tuned.filter(({ tried, chosen }) => chosen && chosen.variant !== tried[0]!.variant);
  const gains = Object.fromEntries(predict(graph, tuned).map((each) => [each.phase, each]));
  const rejected = tuned
    .flatMap(({ tried }) => tried.map((each) => each.rejected))
    .filter((r) => r?.startsWith('WRONG'));
  return {
    cells: {
      sites: tuned.length,
      changed: changed.length,
      'encode s': gains['encode']!.before,
      'encode s tuned': gains['encode']!.after,
      's a token': gains['step']!.before,
      's a token tuned': gains['step']!.after,
    },
    lines: [...changed.map(describe), ...(signal.aborted ? ['cut off: sites that come later are not in it'] : [])],
    wrong: rejected.length > 0 ? rejected.join('; ') : undefined,
  };
}

function describe({ site, tried, chosen }: TunedSite): string {
  const stem = (name: string) => kernelStem(site.op, { name });
  const times = tried.flatMap(({ variant, seconds }) => {
    return seconds === undefined ? [] : [`${stem(variant)} ${(seconds * 1e6).toPrecision(3)} us`];
  });
  return `${site.key}: ${stem(chosen?.variant ?? '')} of ${times.join(', ')}`;
}
