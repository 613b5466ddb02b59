// Random graphs over the real ops: some phases that repeat, tensors of every kind, weights of every residency, segments. Every element of
// a tensor is written before a node reads it, by a node or by the host, and values stay tame, so that garbage would show.

import fc from 'fast-check';
import { createGraphBuilder, type GraphBuilder } from '../../src/graph/builder.ts';
import { type Graph, graphToString, type Phase, type Residency, rows, type TensorRef } from '../../src/graph/graph.ts';
import * as ops from '../../src/ops/index.ts';
import { WEIGHT_FORMATS } from '../../src/ops/weights.ts';

/** What a step of a recipe adds to the graph: a node or a few. */
interface Step {
  readonly make: keyof typeof MAKERS;
  /** Every choice that it makes is the next of these, modulo the number of things to choose from. */
  readonly choices: readonly number[];
  readonly newSegment: boolean;
}

interface PhaseRecipe {
  readonly repeats: boolean;
  readonly steps: readonly Step[];
}

/** Matrices so far that may be read, f32[1 .. 6, 64 or 128], and how to choose. */
interface Draft {
  readonly g: GraphBuilder<typeof ops>;
  readonly matrices: TensorRef[];
  choose<T>(from: readonly T[]): T;
}

const WIDTHS = [64, 128];
const HEIGHTS = [1, 2, 3, 6];
const RESIDENCIES: readonly (Residency | undefined)[] = [undefined, 'part', 'segment', 'segment'];

const MAKERS = {
  norm: (d: Draft) => keep(d, norm(d, matrix(d))),
  linear: (d: Draft) => {
    const x = matrix(d);
    keep(d, d.g.linear({ x, ...linearWeights(d, d.choose(WIDTHS), x.shape[1]!) }, { gelu: d.choose([true, false]) }));
  },
  /** The residual stream: read and written. */
  accumulate: (d: Draft) => {
    const y = matrix(d);
    const x = matrix(d, (ref) => ref.tensor !== y.tensor && ref.shape[0] === y.shape[0], y.shape[0]);
    d.g.linear({ x, ...linearWeights(d, y.shape[1]!, x.shape[1]!) }, { accumulate: true }, { y });
  },
  position: (d: Draft) => {
    const y = matrix(d);
    d.g.addPosition({ position: weight(d, 'position', d.choose(['f16', 'f32']), y.shape) }, {}, { y });
  },
  /** Two tiles of rows, one after the other. */
  tiles: (d: Draft) => {
    const x = matrix(d, ({ shape }) => shape[0]! > 1, 2);
    const y = d.g.activation('tiles', 'f32', x.shape);
    const [height] = x.shape as readonly [number];
    norm(d, rows(x, 0, 1), rows(y, 0, 1));
    if (d.choose([true, false])) d.g.zero({}, { shape: [height - 1, x.shape[1]!] }, { y: rows(y, 1, height) });
    else norm(d, rows(x, 1, height), rows(y, 1, height));
    keep(d, y);
  },
  attention: (d: Draft) => {
    const q = matrix(d, ({ shape }) => shape[1] === 64, undefined, 64);
    const x = norm(
      d,
      matrix(d, ({ shape }) => shape[1] === 128, undefined, 128),
    );
    keep(
      d,
      d.g.attention({
        q,
        ...(d.g.splitKv({ x }, { dtype: d.choose(['f16', 'f32', 'q8']), first: 0 }) as Record<'k' | 'v', TensorRef>),
      }),
    );
  },
  /** W8A8: a node with two outputs. */
  codes: (d: Draft) => {
    const x = matrix(d);
    const { y, y_scale } = d.g.quantizeRows({ x });
    const { w, w_scale, bias } = linearWeights(d, 64, x.shape[1]!, 'i8');
    keep(d, d.g.linearI8({ x: y, x_scale: y_scale, w, w_scale: w_scale!, bias }));
  },
  /** Updates a state that the host began. */
  gather: (d: Draft) => {
    const x = matrix(d);
    const y = d.g.state(
      'gathered',
      'f32',
      [d.choose(HEIGHTS), x.shape[1]!],
      d.choose([undefined, undefined, 'always']),
    );
    d.g.gatherRows({ x, index: d.g.input('index', 'u32', [y.shape[0]!]) }, {}, { y });
    keep(d, y);
  },
  /** Begins a state. */
  store: (d: Draft) => {
    const x = matrix(d);
    keep(d, norm(d, x, d.g.state('stored', 'f32', x.shape)));
  },
  /** Writes once more what was written before. */
  overwrite: (d: Draft) => {
    const x = matrix(d);
    const same = (ref: TensorRef) => ref.tensor !== x.tensor && ref.shape.join() === x.shape.join();
    norm(d, x, matrix(d, same, ...(x.shape as [number, number])));
  },
  feed: (d: Draft) => keep(d, norm(d, fromHost(d))),
} as const;

/** Random graphs; the host begins what nodes read or update first. */
export function anyGraph(): fc.Arbitrary<Graph> {
  const step: fc.Arbitrary<Step> = fc.record({
    make: fc.constantFrom(...(Object.keys(MAKERS) as (keyof typeof MAKERS)[])),
    choices: fc.array(fc.nat(999), { minLength: 8, maxLength: 8 }),
    newSegment: fc.boolean(),
  });
  const phase = fc.record({ repeats: fc.boolean(), steps: fc.array(step, { minLength: 1, maxLength: 8 }) });
  return fc
    .tuple(fc.array(phase, { minLength: 1, maxLength: 4 }), fc.nat(4))
    .map(([phases, second]) => build(phases, second));
}

/** Phases from `second` on are the second part. */
function build(recipe: readonly PhaseRecipe[], second: number): Graph {
  const phases = recipe.map(
    ({ repeats }, i): Phase => ({ name: `phase ${i}`, repeats, part: i < second ? 'first' : 'second' }),
  );
  const g = createGraphBuilder(ops, phases);
  const matrices: TensorRef[] = [];
  recipe.forEach(({ steps }, i) => {
    g.phase(phases[i]!.name);
    for (const { make, choices, newSegment } of steps) {
      let next = 0;
      if (newSegment) g.segment();
      MAKERS[make]({ g, matrices, choose: (from) => from[choices[next++ % choices.length]! % from.length]! });
    }
  });
  const graph = g.build();
  return Object.assign(graph, { [fc.toStringMethod]: () => graphToString(graph) });
}

function keep({ matrices }: Draft, ref: TensorRef): void {
  matrices.push(ref);
}

/** One of the matrices that suit, or where there is none a new one from the host, of the height and width given. */
function matrix(d: Draft, suits: (ref: TensorRef) => boolean = () => true, height?: number, width?: number): TensorRef {
  const known = d.matrices.filter(suits);
  return known.length > 0 ? d.choose(known) : fromHost(d, height, width);
}

function fromHost(d: Draft, height = d.choose(HEIGHTS), width = d.choose(WIDTHS)): TensorRef {
  const x = d.g.input('input', 'f32', [height, width], d.choose([undefined, undefined, 'always']));
  keep(d, x);
  return x;
}

function norm(d: Draft, x: TensorRef, y?: TensorRef): TensorRef {
  const width = x.shape[1]!;
  const bias = weight(d, 'bias', 'f32', [width]);
  return d.g.layerNorm({ x, weight: weight(d, 'ln.weight', 'f32', [width]), bias }, {}, y && { y });
}

function linearWeights(d: Draft, n: number, k: number, dtype = d.choose(['f32', 'f16', 'i8'] as const)) {
  const w = weight(d, 'w', dtype, [n, k]);
  const { residency } = w.tensor;
  const w_scale = WEIGHT_FORMATS[dtype]?.scaled && d.g.weight(`${w.tensor.name}.scales`, 'f16', [n, k / 32], residency);
  return { w, ...(w_scale && { w_scale }), bias: weight(d, 'bias', 'f32', [n]) };
}

/** One of three of its kind and shape, each of a residency of its own. */
function weight(d: Draft, name: string, dtype: TensorRef['dtype'], shape: readonly number[]): TensorRef {
  const which = d.choose([0, 1, 2]);
  return d.g.weight(`${which}.${dtype}.${shape.join('x')}.${name}`, dtype, shape, d.choose(RESIDENCIES));
}
