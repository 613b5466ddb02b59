// Weights that share bytes: which of them are in place, and in which pieces a phase must run so that each piece finds its own.

import type { Graph } from '../graph/graph.ts';
import { alignedBytes } from '../graph/layouts.ts';
import type { Dispatch, Program } from '../graph/program.ts';

/** Dispatches that run in one go once `weights` are in place. */
export interface Leg {
  readonly weights: readonly string[];
  readonly dispatches: readonly Dispatch[];
}

export class WeightSwap {
  /** By weight, those whose bytes it shares. */
  readonly #rivals: ReadonlyMap<string, readonly string[]>;
  readonly #program: Program;
  readonly #present = new Set<string>();

  constructor(graph: Graph, program: Program) {
    this.#program = program;
    this.#rivals = rivals(graph, program);
  }

  /** A phase as the fewest legs, each with weights that can be in place together. */
  legs(phase: string): Leg[] {
    const legs: { weights: Set<string>; dispatches: Dispatch[] }[] = [];
    for (const dispatch of this.#program.phases[phase] ?? []) {
      const needed = this.#program.swapped[dispatch.segment]!;
      const last = legs.at(-1);
      if (last && !needed.some((name) => this.#rivals.get(name)!.some((rival) => last.weights.has(rival)))) {
        for (const name of needed) last.weights.add(name);
        last.dispatches.push(dispatch);
      } else {
        legs.push({ weights: new Set(needed), dispatches: [dispatch] });
      }
    }
    return legs.map(({ weights, dispatches }) => ({ weights: [...weights], dispatches }));
  }

  /** Those of `weights` that must be written before they are read; from now on they count as written, and their rivals as lost. */
  claim(weights: readonly string[]): string[] {
    const missing = weights.filter((name) => !this.#present.has(name));
    for (const name of missing) {
      for (const rival of this.#rivals.get(name)!) this.#present.delete(rival);
      this.#present.add(name);
    }
    return missing;
  }

  /** Nothing is known to be in place any more: after an upload that failed. */
  forget(): void {
    this.#present.clear();
  }
}

function rivals(graph: Graph, { swapped, placements }: Program): Map<string, string[]> {
  const names = new Set(swapped.flat());
  const ranges = graph.tensors
    .filter(({ name }) => names.has(name))
    .map((tensor) => {
      const { buffer, offset } = placements[tensor.name]!;
      return { name: tensor.name, buffer, begin: offset, end: offset + alignedBytes(tensor) };
    })
    .sort((a, b) => a.buffer - b.buffer || a.begin - b.begin);
  const found = new Map<string, string[]>(ranges.map(({ name }) => [name, []]));
  ranges.forEach((a, i) => {
    for (const b of ranges.slice(i + 1)) {
      if (b.buffer !== a.buffer || b.begin >= a.end) break;
      found.get(a.name)!.push(b.name);
      found.get(b.name)!.push(a.name);
    }
  });
  return found;
}
