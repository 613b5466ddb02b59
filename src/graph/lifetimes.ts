// When each tensor must keep its bytes, in node indices on the graph's one timeline.

import { GraphError } from '../errors.ts';
import type { Graph, Tensor } from './graph.ts';

/** Half-open: the tensor is live at every node index t with lower <= t < upper. */
export interface Lifetime {
  readonly tensor: Tensor;
  readonly lower: number;
  readonly upper: number;
}

interface Span {
  readonly begin: number;
  readonly end: number;
  readonly repeats: boolean;
}

interface Touch {
  readonly time: number;
  readonly writes: boolean;
}

/**
 * Lifetimes of every tensor some node touches; tensors no node touches are left out.
 *
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
    result.push(
      tensor.lives === 'always' ? { tensor, lower: 0, upper: graph.nodes.length } : lifetime(tensor, touched),
    );
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

/** Node index ranges of the phases, in order; phases without nodes are left out. */
function phaseSpans(graph: Graph): Span[] {
  const spans: Span[] = [];
  for (const { name, repeats } of graph.phases) {
    const begin = graph.nodes.findIndex((n) => n.phase === name);
    if (begin < 0) continue;
    const end = graph.nodes.findLastIndex((n) => n.phase === name) + 1;
    spans.push({ begin, end, repeats });
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
