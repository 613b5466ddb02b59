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

/** A tensor's uses by nodes. */
interface Uses {
  readonly first: number;
  /** Whether the first use gives it a value. */
  readonly written: boolean;
  last: number;
  /** First use in each segment, in order. */
  readonly segments: number[];
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
  const used = collectUses(graph);
  const result: Lifetime[] = [];
  for (const tensor of graph.tensors) {
    const uses = used.get(tensor);
    if (!uses) continue;
    if (tensor.kind === 'weight') result.push(weightLifetime(graph, spans, tensor, uses));
    else if (tensor.lives === 'always') result.push({ tensor, lower: 0, upper: graph.nodes.length });
    else result.push(lifetime(graph, spans, tensor, uses));
  }
  return result;
}

function lifetime(graph: Graph, spans: readonly Span[], tensor: Tensor, { first, written, last }: Uses): Lifetime {
  const firstSpan = spanOf(spans, first);
  const lastSpan = spanOf(spans, last);
  if (tensor.kind === 'activation') {
    if (!written) {
      throw new GraphError(
        `lifetimes: expected ${tensor.name} to be written before ${graph.nodes[first]!.label} reads it`,
      );
    }
    const outlives = lastSpan !== firstSpan && lastSpan.repeats;
    return { tensor, lower: first, upper: outlives ? lastSpan.end : last + 1 };
  }
  const early = tensor.kind !== 'state' || firstSpan.repeats || !written;
  return {
    tensor,
    lower: early ? firstSpan.begin : first,
    upper: lastSpan.repeats ? lastSpan.end : last + 1,
  };
}

function weightLifetime(graph: Graph, spans: readonly Span[], tensor: Tensor, { segments }: Uses): Lifetime {
  switch (tensor.residency ?? 'model') {
    case 'model':
      return { tensor, lower: 0, upper: graph.nodes.length };
    case 'part': {
      const parts = new Set(segments.map((time) => spanOf(spans, time).part));
      const own = spans.filter(({ part }) => parts.has(part));
      return { tensor, lower: own[0]!.begin, upper: own.at(-1)!.end };
    }
    case 'segment': {
      const runs = segments.map((time) => segmentRun(graph, time));
      const between = runs.slice(1).map((run, i) => ({ lower: runs[i]!.upper, upper: run.lower }));
      const gaps = between.filter(({ lower, upper }) => lower < upper); // none where one segment follows the other
      return { tensor, lower: runs[0]!.lower, upper: runs.at(-1)!.upper, ...(gaps.length > 0 && { gaps }) };
    }
  }
}

/** The segment that the node at `time` belongs to. */
function segmentRun({ nodes }: Graph, time: number): Interval {
  const { segment } = nodes[time]!;
  let lower = time;
  let upper = time + 1;
  while (nodes[lower - 1]?.segment === segment) lower--;
  while (nodes[upper]?.segment === segment) upper++;
  return { lower, upper };
}

function spanOf(spans: readonly Span[], time: number): Span {
  return spans.find(({ end }) => time < end)!;
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

function collectUses({ nodes }: Graph): Map<Tensor, Uses> {
  const used = new Map<Tensor, Uses>();
  const use = (tensor: Tensor, time: number, writes: boolean) => {
    const uses = used.get(tensor);
    if (uses === undefined) used.set(tensor, { first: time, written: writes, last: time, segments: [time] });
    else {
      if (nodes[uses.last]!.segment !== nodes[time]!.segment) uses.segments.push(time);
      uses.last = time;
    }
  };
  nodes.forEach(({ op, attrs, inputs, outputs }, time) => {
    for (const name in inputs) use(inputs[name]!.tensor, time, false);
    const updates = op.updates(attrs);
    for (const name in outputs) use(outputs[name]!.tensor, time, !updates.includes(name));
  });
  return used;
}
