// Checks a memory plan against its graph, tensor by tensor and pair by pair. When a tensor must keep its bytes is read off the graph anew,
// by going through the phases as a device does, repeats included. No code is shared with the planner, nor with its lifetimes.

import type { Graph, Tensor } from '../graph/graph.ts';
import { holdsWeights, type MemoryLayout, type Placement } from '../graph/program.ts';
import { byteLength } from '../ops/op.ts';
import type { PlanLimits } from './plan.ts';

/**
 * - `place`: a tensor that nodes touch lies in one of the layout's buffers.
 * - `use`: weights, which kernels bind `read`, lie in buffers for weights, all others in an arena.
 * - `alignment`: offsets are multiples of what WebGPU lets bindings begin at.
 * - `bounds`: a tensor lies inside its buffer.
 * - `limit`: no buffer is larger than the device's largest.
 * - `overlap`: no byte belongs to two tensors that both must keep it at some moment.
 */
export type PlanRule = 'place' | 'use' | 'alignment' | 'bounds' | 'limit' | 'overlap';

/** A broken rule and the names of the tensors that break it, or the label of the buffer. */
export interface PlanFault {
  readonly rule: PlanRule;
  readonly who: readonly string[];
  readonly message: string;
}

/** Times of nodes as the bits of a number: bit t is set where the time of node t is meant. */
export type Moments = bigint;

const ALIGNMENT = 256;

/** A tensor, its bytes [begin, end) of a buffer, and when it must keep them. */
interface Resident {
  readonly name: string;
  readonly buffer: number;
  readonly begin: number;
  readonly end: number;
  readonly held: Moments;
}

/** Lists every fault of a plan; none means that it may be run. O(n^2) in the tensors of a buffer. */
export function validatePlan(graph: Graph, layout: MemoryLayout, { maxBufferSize }: PlanLimits): PlanFault[] {
  const faults: PlanFault[] = [];
  for (const { label, bytes } of layout.buffers) {
    if (bytes > maxBufferSize) {
      faults.push({ rule: 'limit', who: [label], message: `${label} has ${bytes} bytes, above ${maxBufferSize}` });
    }
  }
  const residents: Resident[] = [];
  for (const [tensor, held] of heldMoments(graph)) {
    const { name } = tensor;
    const place = layout.placements[name];
    if (place === undefined || layout.buffers[place.buffer] === undefined) {
      faults.push({ rule: 'place', who: [name], message: `${name} lies in no buffer` });
      continue;
    }
    faults.push(...placeFaults(tensor, place, layout));
    const { buffer, offset: begin } = place;
    residents.push({ name, buffer, begin, end: begin + byteLength(tensor), held });
  }
  return [...faults, ...overlapFaults(graph, residents)];
}

function placeFaults(tensor: Tensor, { buffer, offset }: Placement, { buffers }: MemoryLayout): PlanFault[] {
  const { label, use, bytes } = buffers[buffer]!;
  const faults: PlanFault[] = [];
  const fault = (rule: PlanRule, what: string) =>
    faults.push({ rule, who: [tensor.name], message: `${tensor.name} ${what}` });
  const fits = tensor.kind === 'weight' ? holdsWeights({ use }) : use === 'arena';
  if (!fits) fault('use', `(${tensor.kind}) lies in ${label}`);
  if (offset % ALIGNMENT !== 0) fault('alignment', `lies at ${offset}, no multiple of ${ALIGNMENT}`);
  const end = offset + byteLength(tensor);
  if (!(offset >= 0 && end <= bytes)) fault('bounds', `lies at [${offset}, ${end}) of the ${bytes} bytes of ${label}`);
  return faults;
}

function overlapFaults({ nodes }: Graph, residents: readonly Resident[]): PlanFault[] {
  const faults: PlanFault[] = [];
  residents.forEach((a, i) => {
    for (const b of residents.slice(0, i)) {
      if (a.buffer !== b.buffer || a.end <= b.begin || b.end <= a.begin) continue;
      const both = a.held & b.held;
      if (both === 0n) continue;
      const time = (both & -both).toString(2).length - 1; // the lowest bit set
      const message = `${b.name} at ${b.begin} and ${a.name} at ${a.begin} share bytes at ${time}, ${nodes[time]!.label}`;
      faults.push({ rule: 'overlap', who: [b.name, a.name], message });
    }
  });
  return faults;
}

/** When each tensor that nodes touch must keep its bytes. */
export function heldMoments(graph: Graph): Map<Tensor, Moments> {
  const order = playback(graph);
  const visits = new Map<Tensor, number[]>();
  order.forEach((time, at) => {
    for (const tensor of new Set(touched(graph, time).map((touch) => touch.tensor))) {
      const own = visits.get(tensor);
      if (own) own.push(at);
      else visits.set(tensor, [at]);
    }
  });
  const whole = span(0, graph.nodes.length - 1);
  const groups = { part: momentsBy(graph, 'part'), segment: momentsBy(graph, 'segment') };
  return new Map(
    [...visits].map(([tensor, own]) => {
      const { kind, residency = 'model' } = tensor;
      if (tensor.lives === 'always' || (kind === 'weight' && residency === 'model')) return [tensor, whole];
      if (kind !== 'weight') return [tensor, carried(graph, order, tensor, own)];
      const times = own.map((at) => order[at]!);
      return [tensor, times.reduce((all, time) => all | groups[residency as 'part' | 'segment'][time]!, 0n)];
    }),
  );
}

/** Times of nodes in the order in which they run, those of a repeating phase twice: what outlasts one repeat outlasts them all. */
function playback({ phases, nodes }: Graph): number[] {
  return phases.flatMap(({ name, repeats }) => {
    const round = [...nodes.keys()].filter((time) => nodes[time]!.phase === name);
    return repeats ? [...round, ...round] : round;
  });
}

/** From each visit to the next the bytes must stay, unless the next makes them anew; before the first if the host wrote them. */
function carried(graph: Graph, order: readonly number[], tensor: Tensor, visits: readonly number[]): Moments {
  const { nodes } = graph;
  const phaseOf = (at: number) => nodes[order[at]!]!.phase;
  const birth = visits[0]!;
  const fresh = !touched(graph, order[birth]!).some((touch) => touch.tensor === tensor && touch.reads);
  let held = span(order[birth]!, order[birth]!);
  if (tensor.kind === 'input' || !fresh) {
    const begin = order.findIndex((_, at) => phaseOf(at) === phaseOf(birth));
    held |= span(order[begin]!, order[birth]!);
  }
  visits.slice(1).forEach((next, i) => {
    const before = visits[i]!;
    const remade = tensor.kind === 'activation' && order[next] === order[birth];
    // Between two rounds of a phase time runs on to its end, and from its begin again.
    if (order[next]! > order[before]!) held |= span(order[before]!, order[next]!);
    else if (!remade) held |= wrapped(order, before, next);
  });
  return held;
}

/** The moments of order[from], order[from + 1] .. order[to], where that passes from one round of a phase into the next. */
function wrapped(order: readonly number[], from: number, to: number): Moments {
  let turn = from;
  while (order[turn + 1]! > order[turn]!) turn++;
  return span(order[from]!, order[turn]!) | span(order[turn + 1]!, order[to]!);
}

/** By time, all moments of the same segment, or of phases of the same part. */
function momentsBy({ phases, nodes }: Graph, group: 'part' | 'segment'): Moments[] {
  const parts = new Map(phases.map(({ name, part }) => [name, part]));
  const keys = nodes.map(({ phase, segment }) => (group === 'segment' ? segment : parts.get(phase)));
  const moments = new Map<unknown, Moments>();
  keys.forEach((key, time) => {
    moments.set(key, (moments.get(key) ?? 0n) | span(time, time));
  });
  return keys.map((key) => moments.get(key)!);
}

function touched({ nodes }: Graph, time: number): { readonly tensor: Tensor; readonly reads: boolean }[] {
  const { op, attrs, inputs, outputs } = nodes[time]!;
  const updates = op.updates(attrs);
  return [
    ...Object.values(inputs).map(({ tensor }) => ({ tensor, reads: true })),
    ...Object.entries(outputs).map(([name, { tensor }]) => ({ tensor, reads: updates.includes(name) })),
  ];
}

/** The moments first .. last. */
function span(first: number, last: number): Moments {
  return ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
}
