// A program: per phase the list of dispatches a device runs, as plain data that prints as JSON. It is made from a graph and a memory
// layout before any device exists; executors only follow it.

import { GraphError } from '../errors.ts';
import { admissible, byteLength, type Caps, type Op, type Shapes, type Variant, type Workgroups } from '../ops/op.ts';
import { type Form, type KernelSource, loadKernel } from '../ops/wgsl.ts';
import type { Graph, Node, TensorRef } from './graph.ts';

/** Offsets of bindings, of storage and uniform buffers alike, on a device with default limits. */
export const BINDING_ALIGNMENT = 256;

/**
 * `weights`, `image` (a texture, see images.ts) and `arena` hold tensors; the others serve the executor, `timestamps` and
 * `queries` (a query set, no buffer) its profiler.
 */
export type BufferUse = 'weights' | 'image' | 'arena' | 'uniforms' | 'upload' | 'readback' | 'timestamps' | 'queries';

export function holdsWeights({ use }: Pick<BufferSpec, 'use'>): boolean {
  return use === 'weights' || use === 'image';
}

/** Bytes of what holds weights. */
export function weightBytes(buffers: readonly BufferSpec[]): number {
  return buffers.filter(holdsWeights).reduce((sum, { bytes }) => sum + bytes, 0);
}

export interface BufferSpec {
  readonly label: string;
  readonly use: BufferUse;
  readonly bytes: number;
  /** Of an image: weights of equal size, one after another. */
  readonly layers?: number;
}

/** Where a tensor lies: `buffer` is an index into the layout's buffers. */
export interface Placement {
  readonly buffer: number;
  readonly offset: number;
}

/** What the allocator gives the compiler. */
export interface MemoryLayout {
  readonly buffers: readonly BufferSpec[];
  /** By tensor name. */
  readonly placements: Readonly<Record<string, Placement>>;
}

export interface Binding {
  readonly name: string;
  readonly binding: number;
  readonly access: 'read' | 'read_write';
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface Dispatch {
  readonly label: string;
  /** Index of the node in the graph. */
  readonly node: number;
  /** Number of the run of dispatches between which weights may be swapped. */
  readonly segment: number;
  /** File stem of the kernel. */
  readonly kernel: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly bindings: readonly Binding[];
  /** Byte offset of the node's `struct Params` in the uniforms. */
  readonly uniform: number;
  readonly workgroups: Workgroups;
}

export interface Program {
  /** Every buffer that running the program needs: the layout's, then the executor's own. */
  readonly buffers: readonly BufferSpec[];
  readonly placements: Readonly<Record<string, Placement>>;
  readonly phases: Readonly<Record<string, readonly Dispatch[]>>;
  /** By segment, the weights it reads that do not stay for good: they must have been written since their bytes were used otherwise. */
  readonly swapped: readonly (readonly string[])[];
  /** Contents of the uniforms buffer, 32-bit words. */
  readonly uniforms: Uint32Array;
}

export interface CompileOptions {
  /** Bytes of each of the two buffers through which the host writes, and of the one through which it reads. Default 256 KiB, 64 KiB. */
  readonly uploadBytes?: number;
  readonly readbackBytes?: number;
  /** To be profiled: dispatches whose timestamps, begin and end of 8 bytes each, are read back at a time. Default 0. */
  readonly timedDispatches?: number;
  /** Picks among the admissible kernels of a node; default the first. */
  readonly choose?: (node: Node, candidates: readonly Variant[]) => Variant;
}

/**
 * Fixes kernels, bindings, uniforms and workgroup counts of every node.
 * @throws GraphError when no kernel suits a node, a tensor lies misaligned, or a dispatch is too large for WebGPU.
 */
export function compile(graph: Graph, layout: MemoryLayout, caps: Caps, options: CompileOptions = {}): Program {
  const uniforms = new UniformTable();
  const phases: Record<string, Dispatch[]> = Object.fromEntries(graph.phases.map((p) => [p.name, []]));
  graph.nodes.forEach((node, index) => {
    phases[node.phase]!.push(compileNode(node, index, layout, caps, uniforms, options.choose));
  });
  const words = uniforms.words();
  const timed = 16 * (options.timedDispatches ?? 0);
  const own: BufferSpec[] = [
    { label: 'uniforms', use: 'uniforms', bytes: words.byteLength },
    { label: 'upload-0', use: 'upload', bytes: options.uploadBytes ?? 256 * 1024 },
    { label: 'upload-1', use: 'upload', bytes: options.uploadBytes ?? 256 * 1024 },
    { label: 'readback', use: 'readback', bytes: options.readbackBytes ?? 64 * 1024 },
    // Last, so that indices of buffers hold with and without.
    ...(timed > 0
      ? [
          { label: 'timestamps', use: 'timestamps', bytes: timed } as const,
          { label: 'timestamp queries', use: 'queries', bytes: timed } as const,
        ]
      : []),
  ];
  return {
    buffers: [...layout.buffers, ...own],
    placements: layout.placements,
    phases,
    swapped: swappedWeights(graph),
    uniforms: words,
  };
}

function swappedWeights({ nodes }: Graph): string[][] {
  const bySegment = Array.from({ length: (nodes.at(-1)?.segment ?? -1) + 1 }, () => new Set<string>());
  for (const { segment, inputs } of nodes) {
    for (const { tensor } of Object.values(inputs)) {
      if (tensor.kind === 'weight' && (tensor.residency ?? 'model') !== 'model') bySegment[segment]!.add(tensor.name);
    }
  }
  return bySegment.map((names) => [...names]);
}

/** Types of all tensors of a node by binding name. */
export function nodeTypes(node: Node): Shapes<string> {
  return { ...node.inputs, ...node.outputs };
}

export function kernelStem(op: Pick<Op, 'name'>, variant: Pick<Variant, 'name'>): string {
  return variant.name === '' ? op.name : `${op.name}.${variant.name}`;
}

/** What a node's kernel is joined for, by tensor. */
export function nodeForms(node: Node, { buffers, placements }: MemoryLayout): Record<string, Form> {
  const form = ({ dtype, tensor }: TensorRef): Form =>
    buffers[placements[tensor.name]?.buffer ?? -1]?.use === 'image' ? `${dtype}.image` : dtype;
  return Object.fromEntries(
    Object.entries({ ...node.inputs, ...node.outputs }).map(([name, ref]) => [name, form(ref)]),
  );
}

/** Loads the WGSL of a variant for the tensors' forms, and refuses a descriptor that disagrees with it. */
function loadVariant(
  op: Op,
  variant: Pick<Variant, 'name'>,
  { types, attrs, forms }: { types: Shapes<string>; attrs: object; forms: Readonly<Record<string, Form>> },
): { readonly source: KernelSource; readonly params: Readonly<Record<string, number>> } {
  const stem = kernelStem(op, variant);
  const source = loadKernel(op.kernels, stem, forms);
  const params = op.params(types, attrs);
  const declared = source.bindings.map((b) => b.name).sort();
  const given = Object.keys(types).sort();
  if (declared.join() !== given.join()) {
    throw new GraphError(
      `${stem}: expected the op's tensors (${given.join(', ')}), got bindings ${declared.join(', ')}`,
    );
  }
  const fields = source.params.map((p) => p.name).sort();
  if (fields.join() !== Object.keys(params).sort().join()) {
    throw new GraphError(
      `${stem}: expected params ${Object.keys(params).sort().join(', ')}, got struct Params of ${fields}`,
    );
  }
  return { source, params };
}

/** Packs params in the order and types of the kernel's `struct Params`. */
export function packParams(source: KernelSource, params: Readonly<Record<string, number>>): Uint32Array {
  const words = new Uint32Array(source.params.length);
  const floats = new Float32Array(words.buffer);
  source.params.forEach(({ name, type }, i) => {
    if (type === 'f32') floats[i] = params[name]!;
    else words[i] = params[name]!;
  });
  return words;
}

function compileNode(
  node: Node,
  index: number,
  layout: MemoryLayout,
  caps: Caps,
  uniforms: UniformTable,
  choose: CompileOptions['choose'],
): Dispatch {
  const { op, attrs, label } = node;
  const types = nodeTypes(node);
  const candidates = admissible(op, types, attrs, caps);
  const variant = choose?.(node, candidates) ?? candidates[0]!;
  const { source, params } = loadVariant(op, variant, { types, attrs, forms: nodeForms(node, layout) });
  const refs: Readonly<Record<string, TensorRef>> = { ...node.inputs, ...node.outputs };
  const workgroups = variant.workgroups(types, attrs, caps);
  if (workgroups.some((count) => count > 65535)) {
    throw new GraphError(`${label}: expected at most 65535 workgroups per dimension, got ${workgroups.join(' x ')}`);
  }
  return {
    label,
    node: index,
    segment: node.segment,
    kernel: kernelStem(op, variant),
    constants: { ...adapterConstants(source, caps), ...variant.constants?.(types, attrs, caps) },
    bindings: source.bindings.map(({ name, binding, access }) => {
      const ref = refs[name]!;
      const { buffer, offset } = locate(layout, ref, label);
      const weights = ref.tensor.kind === 'weight';
      if (weights !== (access === 'read')) {
        throw new GraphError(
          `${label}: expected '${name}' bound ${weights ? 'read' : 'read_write'}, got ${access} in WGSL`,
        );
      }
      return { name, binding, access, buffer, offset, bytes: byteLength(ref) };
    }),
    uniform: uniforms.add(packParams(source, params)),
    workgroups,
  };
}

/** Overrides that any kernel may declare to learn what adapter it is compiled for; 0 leaves the kernel its own default. */
const ADAPTER_CONSTANTS: Readonly<Record<string, (caps: Caps) => number>> = {
  LANES: ({ subgroupSize }) => subgroupSize, // 0 where an adapter has several sizes
  SLOW_UNPACK: ({ cpu, subgroupSize }) => Number(cpu && subgroupSize === 4), // SwiftShader
};

function adapterConstants({ overrides }: KernelSource, caps: Caps): Record<string, number> {
  const values = overrides.map((name) => [name, ADAPTER_CONSTANTS[name]?.(caps) ?? 0] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

function locate(layout: MemoryLayout, ref: TensorRef, label: string): Placement {
  const placement = layout.placements[ref.tensor.name];
  if (!placement) throw new GraphError(`${label}: expected a place for ${ref.tensor.name}, got none in the layout`);
  const offset = placement.offset + ref.offset;
  if (offset % BINDING_ALIGNMENT !== 0) {
    throw new GraphError(`${label}: expected ${ref.tensor.name} at a multiple of ${BINDING_ALIGNMENT}, got ${offset}`);
  }
  return { buffer: placement.buffer, offset };
}

/** Params of all nodes, equal ones once. */
class UniformTable {
  readonly #slots: Uint32Array[] = [];
  readonly #offsets = new Map<string, number>();

  add(words: Uint32Array): number {
    const key = words.join();
    let offset = this.#offsets.get(key);
    if (offset === undefined) {
      offset = this.#slots.length * BINDING_ALIGNMENT;
      this.#offsets.set(key, offset);
      this.#slots.push(words);
    }
    return offset;
  }

  words(): Uint32Array {
    const stride = BINDING_ALIGNMENT / 4;
    const all = new Uint32Array(this.#slots.length * stride);
    this.#slots.forEach((slot, i) => {
      all.set(slot, i * stride);
    });
    return all;
  }
}
