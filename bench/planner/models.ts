// The planner on Whisper itself: every published model in every mode. Milliseconds are the least and the median of several plans; the graph
// is built beforehand.

import { planMemory } from '../../src/allocator/index.ts';
import { PLAIN_LIMITS } from '../../src/whisper/budget.ts';
import { PUBLISHED_DIMS } from '../../src/whisper/dims.ts';
import { MODES } from '../../src/whisper/graph_options.ts';
import { whisperGraph } from '../../src/whisper/model.ts';
import { spread } from '../report/spread.ts';

const RUNS = 7;

/** A line a model and mode. The first line shows what a cold start costs: its runs are the first of the process. */
export function printModels(): void {
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, i) => (i < 2 ? cell.padEnd(17) : cell.padStart(11))).join(''));
  line(['model', 'mode', 'nodes', 'graph ms', 'plan ms', 'median', 'arena MB', 'x bound', 'weights MB', 'x bound']);
  for (const [name, dims] of Object.entries(PUBLISHED_DIMS)) {
    for (const mode of MODES) {
      const before = performance.now();
      const graph = whisperGraph(dims, { weights: 'int8', mode });
      const built = performance.now() - before;
      const times = Array.from({ length: RUNS }, () => {
        const start = performance.now();
        planMemory(graph, PLAIN_LIMITS);
        return performance.now() - start;
      });
      const { min, median } = spread(times);
      const { arenaBytes, lowerBound, weightBytes, weightLowerBound } = planMemory(graph, PLAIN_LIMITS);
      line([
        ...[name, mode, `${graph.nodes.length}`, built.toFixed(1), min.toFixed(1), median.toFixed(1)],
        ...[(arenaBytes / 1e6).toFixed(2), (arenaBytes / lowerBound).toFixed(4)],
        ...[(weightBytes / 1e6).toFixed(2), (weightBytes / weightLowerBound).toFixed(4)],
      ]);
    }
  }
}
