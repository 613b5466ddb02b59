// When each tensor must keep its bytes, in node indices on the graph's one timeline.

import { GraphError } from '../errors.ts';
import type { Graph, Tensor } from './graph.ts';

/** A half-open run of node indices. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** The tensor is live at every node index t with lower <= t < upper, but for the gaps, in order. */
export interface Lifetime extends Interval {
  readonly tensor: Tensor;
  readonly gaps?: readonly Interval[];
}

interface Span {
  readonly begin: number;
  readonly end: number;
  readonly repeats: boolean;
  readonly part: string | undefined;
}

interface Touch {
  readonly time: number;
  readonly writes: boolean;
}

/**
 * Lifetimes of every tensor some node touches; tensors no node touches are left out.
 *
 * A weight lives as its residency says: in the segments that read it, in the phases of its part, or always.
 * Within a phase that runs once a lifetime ends at the last touch. A phase that repeats reads again what it did not write itself, so a
 * tensor from outside lives to that phase's end, and a state first touched there lives from its begin.
 * @throws GraphError when an activation is read before any node has written it.
 */
export function lifetimes(graph: Graph): Lifetime[] {
  const spans = phaseSpans(graph);
  const touches = collectTouches(graph);
  const result: Lifetime[] = [];
  for (const tensor of graph.tensors) {
    const touched = touches.get(tensor);
    if (!touched) continue;
    if (tensor.kind === 'weight') result.push(weightLifetime(graph, spans, tensor, touched));
    else if (tensor.lives === 'always') result.push({ tensor, lower: 0, upper: graph.nodes.length });
    else result.push(lifetime(tensor, touched));
  }
  return result;

  function lifetime(tensor: Tensor, touched: readonly Touch[]): Lifetime {
    const first = touched[0]!;
    const last = touched.at(-1)!;
    const firstSpan = spans.find((s) => first.time < s.end)!;
    const lastSpan = spans.find((s) => last.time < s.end)!;
    if (tensor.kind === 'activation') {
      if (!first.writes) {
        throw new GraphError(
          `lifetimes: expected ${tensor.name} to be written before ${graph.nodes[first.time]!.label} reads it`,
        );
      }
      const outlives = lastSpan !== firstSpan && lastSpan.repeats;
      return { tensor, lower: first.time, upper: outlives ? lastSpan.end : last.time + 1 };
    }
    const early = tensor.kind !== 'state' || firstSpan.repeats || !first.writes;
    return {
      tensor,
      lower: early ? firstSpan.begin : first.time,
      upper: lastSpan.repeats ? lastSpan.end : last.time + 1,
    };
  }
}

function weightLifetime(graph: Graph, spans: readonly Span[], tensor: Tensor, touched: readonly Touch[]): Lifetime {
  switch (tensor.residency ?? 'model') {
    case 'model':
      return { tensor, lower: 0, upper: graph.nodes.length };
    case 'part': {
      const parts = new Set(touched.map(({ time }) => spans.find((s) => time < s.end)!.part));
      const own = spans.filter(({ part }) => parts.has(part));
      return { tensor, lower: own[0]!.begin, upper: own.at(-1)!.end };
    }
    case 'segment': {
      const runs = segmentRuns(graph, touched);
      const between = runs.slice(1).map((run, i) => ({ lower: runs[i]!.upper, upper: run.lower }));
      const gaps = between.filter(({ lower, upper }) => lower < upper); // none where one segment follows the other
      return { tensor, lower: runs[0]!.lower, upper: runs.at(-1)!.upper, ...(gaps.length > 0 && { gaps }) };
    }
  }
}

/** The segments that touches fall into, in order. */
function segmentRuns({ nodes }: Graph, touched: readonly Touch[]): Interval[] {
  const runs: Interval[] = [];
  for (const { time } of touched) {
    if (time < (runs.at(-1)?.upper ?? 0)) continue;
    const { segment } = nodes[time]!;
    let lower = time;
    let upper = time + 1;
    while (nodes[lower - 1]?.segment === segment) lower--;
    while (nodes[upper]?.segment === segment) upper++;
    runs.push({ lower, upper });
  }
  return runs;
}

/** Node index ranges of the phases, in order; phases without nodes are left out. */
function phaseSpans(graph: Graph): Span[] {
  const spans: Span[] = [];
  for (const { name, repeats, part } of graph.phases) {
    const begin = graph.nodes.findIndex((n) => n.phase === name);
    if (begin < 0) continue;
    const end = graph.nodes.findLastIndex((n) => n.phase === name) + 1;
    spans.push({ begin, end, repeats, part });
  }
  return spans;
}

function collectTouches(graph: Graph): Map<Tensor, Touch[]> {
  const touches = new Map<Tensor, Touch[]>();
  const touch = (tensor: Tensor, time: number, writes: boolean) => {
    const list = touches.get(tensor) ?? [];
    if (list.length === 0) touches.set(tensor, list);
    list.push({ time, writes });
  };
  graph.nodes.forEach((node, time) => {
    for (const ref of Object.values(node.inputs)) touch(ref.tensor, time, false);
    const updates = node.op.updates(node.attrs);
    for (const [name, ref] of Object.entries(node.outputs)) touch(ref.tensor, time, !updates.includes(name));
  });
  return touches;
}
