// The graph: what is computed, in which order, on which tensors. Plain data, no device.
//
// All phases lie on one timeline, in the order they are listed; a node's index is its time. One memory plan covers them all.

import { byteLength, describeType, elements, type Op, type TensorType } from '../ops/op.ts';

/**
 * - `weight`: read-only for kernels; written by the host, once or as often as its residency says.
 * - `input`: written by the host before the first phase that touches it.
 * - `activation`: written by a node before any node reads it.
 * - `state`: read and updated by nodes; survives repeats of a phase and, with `lives: 'always'`, whole windows.
 */
export type TensorKind = 'weight' | 'input' | 'activation' | 'state';

/** How long a weight keeps its place once uploaded: for good, while phases of its part run, or for the segments that read it. */
export type Residency = 'model' | 'part' | 'segment';

export interface Tensor extends TensorType {
  readonly name: string;
  readonly kind: TensorKind;
  /** `always`: keeps its bytes over the whole timeline and all its repeats. */
  readonly lives?: 'always';
  /** Of weights; absent: `model`. */
  readonly residency?: Residency;
}

/** A tensor, or whole leading rows of it, under a shape. */
export interface TensorRef extends TensorType {
  readonly tensor: Tensor;
  /** Bytes from the tensor's begin. */
  readonly offset: number;
}

export interface Phase {
  readonly name: string;
  /** Run several times in a row: what it reads before writing must survive it whole. */
  readonly repeats: boolean;
  /** Phases of one part stand together and share weights of residency `part`. */
  readonly part?: string;
}

export interface Node {
  readonly op: Op;
  readonly phase: string;
  /** Number of the run of nodes it belongs to, rising along the timeline; weights of residency `segment` are swapped between runs. */
  readonly segment: number;
  /** `encoder.blocks.0.attn linear` */
  readonly label: string;
  readonly attrs: object;
  readonly inputs: Readonly<Record<string, TensorRef>>;
  readonly outputs: Readonly<Record<string, TensorRef>>;
}

export interface Graph {
  readonly phases: readonly Phase[];
  readonly tensors: readonly Tensor[];
  readonly nodes: readonly Node[];
}

export function refOf(tensor: Tensor): TensorRef {
  return { tensor, offset: 0, dtype: tensor.dtype, shape: tensor.shape };
}

/** Rows [begin, end) of the leading dimension. */
export function rows(ref: TensorRef, begin: number, end: number): TensorRef {
  const [extent, ...rest] = ref.shape;
  if (extent === undefined || begin < 0 || end > extent || begin >= end) {
    throw new RangeError(`rows: expected 0 <= begin < end <= ${extent}, got [${begin}, ${end}) of ${ref.tensor.name}`);
  }
  const offset = ref.offset + byteLength({ dtype: ref.dtype, shape: [begin, ...rest] });
  return { ...ref, offset, shape: [end - begin, ...rest] };
}

/** The same bytes under another shape of as many elements. */
export function reshape(ref: TensorRef, shape: readonly number[]): TensorRef {
  if (elements({ dtype: ref.dtype, shape }) !== elements(ref)) {
    throw new RangeError(`reshape: expected as many elements as ${describeType(ref)}, got [${shape.join(', ')}]`);
  }
  return { ...ref, shape };
}

/** One line a node: `encode  12 encoder.blocks.0.mlp linear  x=f32[300, 384] ... -> y=f32[300, 1536]`. */
export function graphToString(graph: Graph): string {
  const width = Math.max(...graph.phases.map((p) => p.name.length));
  return graph.nodes
    .map((node, time) => {
      const attrs = Object.entries(node.attrs).map(([k, v]) => `${k}=${typeof v === 'object' ? JSON.stringify(v) : v}`);
      const head = `${node.phase.padEnd(width)} ${String(time).padStart(4)} ${node.label}`;
      const call = [refsToString(node.inputs), ...attrs].filter((s) => s !== '').join(' ');
      return `${head}  ${call} -> ${refsToString(node.outputs)}`;
    })
    .join('\n');
}

function refsToString(refs: Readonly<Record<string, TensorRef>>): string {
  return Object.entries(refs)
    .map(([name, ref]) => {
      const at = ref.offset === 0 ? '' : `+${ref.offset}`;
      return `${name}:${ref.tensor.name}${at} ${describeType(ref)}`;
    })
    .join(' ');
}
