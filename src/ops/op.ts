// The contract of an op: what it means (shapes, CPU twin, tolerance, cases) and the ways to do it (variants, one WGSL file each).
// An op knows no device. kernels/<name>.wgsl and kernels/<name>.<variant>.wgsl are the only truth about bindings and `struct Params`.

import { GraphError } from '../errors.ts';

/**
 * Element types of tensors. `f16` is storage (two a word), and so is `q8`: 64 int8 codes of a head and their f32 scale, 17 words.
 * `i8`, `i6`, `i4` are codes of a block format, their scales a tensor beside.
 */
export type DType = 'f32' | 'f16' | 'q8' | 'u32' | 'i8' | 'i6' | 'i4';

const BITS: Readonly<Record<DType, number>> = { f32: 32, f16: 16, q8: 8.5, u32: 32, i8: 8, i6: 6, i4: 4 };

/** Shape is outermost first; the last dimension is contiguous. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor's values on the host: f16 and q8 widened to f32, codes as signed integers. */
export interface HostTensor extends TensorType {
  readonly data: Float32Array | Uint32Array | Int8Array;
}

/** What a device can do, as far as the choice of a kernel is concerned. */
export interface Caps {
  /** True on software adapters, where barriers and shared memory are slow. */
  readonly cpu: boolean;
  /** Lanes in a subgroup when the adapter has one size only, else 0. */
  readonly subgroupSize: number;
  readonly subgroups: boolean;
  /** Matrix units that multiply f16 matrices of 16 x 16 and add in f32 (chromium-experimental-subgroup-matrix). */
  readonly matrix: boolean;
  readonly maxInvocations: number;
  readonly maxWorkgroupStorage: number;
}

/** Types of tensors by name; those of `Opt` may be absent. */
export type Shapes<Names extends string, Opt extends string = never> = Readonly<Record<Names, TensorType>> &
  Readonly<Partial<Record<Opt, TensorType>>>;

/** Values of tensors by name; those of `Opt` may be absent. */
export type Values<Names extends string, Opt extends string = never> = Readonly<Record<Names, HostTensor>> &
  Readonly<Partial<Record<Opt, HostTensor>>>;

export type Workgroups = readonly [x: number, y: number, z: number];

/** One WGSL file that does the op. */
export interface Variant<Names extends string = string, Opt extends string = string, A = object> {
  /** File is kernels/<op>.<name>.wgsl, or kernels/<op>.wgsl for the name `''`. */
  readonly name: string;
  /** Admissible: gives right results for these shapes on such a device. Absent: always. */
  runs?(types: Shapes<Names, Opt>, attrs: A, caps: Caps): boolean;
  /** The default choice before anything was measured. Absent: always. */
  suits?(types: Shapes<Names, Opt>, attrs: A, caps: Caps): boolean;
  workgroups(types: Shapes<Names, Opt>, attrs: A, caps: Caps): Workgroups;
  /** WGSL `override` values, beside those that every kernel may ask for: see ADAPTER_CONSTANTS in src/graph/program.ts. */
  constants?(types: Shapes<Names, Opt>, attrs: A, caps: Caps): Readonly<Record<string, number>>;
}

/** Shapes and values to test and time an op with; the same list serves both. */
export interface Case<Names extends string, A> {
  readonly name: string;
  readonly types: Readonly<Partial<Record<Names, TensorType>>>;
  readonly attrs?: A;
  /** Timed by `npm run bench -- ops`. */
  readonly bench?: boolean;
  /** Values of inputs that may not be random (tables, indices). Length = number of elements. */
  fill?(name: Names): ArrayLike<number> | undefined;
}

export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

export interface Op<In extends string = string, Opt extends string = string, Out extends string = string, A = object> {
  /** Stem of the WGSL files, of labels and of error prefixes. */
  readonly name: string;
  readonly inputs: readonly In[];
  readonly optional: readonly Opt[];
  readonly outputs: readonly Out[];
  /** Folder of the WGSL files. */
  readonly kernels: URL;
  /** Types of the outputs, or a GraphError naming what does not fit. */
  infer(inputs: Shapes<In, Opt>, attrs: A): Shapes<Out>;
  /** Outputs that are read as well: the caller must pass a tensor to update. */
  updates(attrs: A): readonly Out[];
  /** Fields of `struct Params`, by name. */
  params(types: Shapes<In | Out, Opt>, attrs: A): Readonly<Record<string, number>>;
  /** The CPU twin: plainest loops, f64 sums. Writes every element of the outputs it defines. */
  reference(tensors: Values<In | Out, Opt>, attrs: A): void;
  /** |got - want| <= abs + rel * |want| for every element of `output`. */
  tolerance(types: Shapes<In | Out, Opt>, output: Out): Tolerance;
  /** Multiply-adds count two. Absent: not a matter of arithmetic. */
  flops?(types: Shapes<In | Out, Opt>, attrs: A): number;
  readonly cases: readonly Case<In | Opt | Out, A>[];
  /** In order of preference. */
  readonly variants: readonly Variant<In | Out, Opt, A>[];
}

type Defaults = 'optional' | 'updates' | 'kernels' | 'tolerance' | 'params';
type OpSpec<In extends string, Opt extends string, Out extends string, A> = Omit<Op<In, Opt, Out, A>, Defaults> &
  Partial<Omit<Pick<Op<In, Opt, Out, A>, Defaults>, 'tolerance'>> & {
    readonly tolerance: Tolerance | ((types: Shapes<In | Out, Opt>, output: Out) => Tolerance);
  };

const PACKAGE_KERNELS = new URL('../../kernels/', import.meta.url);

/**
 * Makes an op out of its description. `optional` inputs may be left out of a call; without `params` the kernel has none to set;
 * `kernels` is a folder URL (ending in `/`) for ops that live outside this package.
 */
export function defineOp<In extends string, Out extends string, A extends object = object, Opt extends string = never>(
  spec: OpSpec<In, Opt, Out, A>,
): Op<In, Opt, Out, A> {
  const { tolerance } = spec;
  return {
    optional: [],
    kernels: PACKAGE_KERNELS,
    updates: () => [],
    params: () => ({}),
    ...spec,
    tolerance: typeof tolerance === 'function' ? tolerance : () => tolerance,
  };
}

/** The variants of `op` that give right results for these shapes on such a device, default choice first. */
export function admissible(op: Op, types: Shapes<string>, attrs: object, caps: Caps): readonly Variant[] {
  const running = op.variants.filter((v) => v.runs?.(types, attrs, caps) ?? true);
  if (running.length === 0) {
    throw new GraphError(`${op.name}: expected a kernel for ${describeTypes(types)} on this device, got none`);
  }
  const suits = (v: Variant) => v.suits?.(types, attrs, caps) ?? true;
  return [...running.filter(suits), ...running.filter((v) => !suits(v))];
}

/** Types of all tensors of a case by name, outputs included. */
export function caseTypes(op: Op, { types, attrs = {} }: Case<string, object>): Shapes<string> {
  const inputs = types as Shapes<string>;
  return { ...inputs, ...op.infer(inputs, attrs) };
}

/** Number of elements. */
export function elements(type: TensorType): number {
  return type.shape.reduce((product, extent) => product * extent, 1);
}

/** Bytes of a tensor, rounded up to whole words (a binding is a multiple of 4 bytes). */
export function byteLength(type: TensorType): number {
  return Math.ceil((elements(type) * BITS[type.dtype]) / 32) * 4;
}

/** `f32[1500, 384]` */
export function describeType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(', ')}]`;
}

export function describeTypes(types: Readonly<Partial<Record<string, TensorType>>>): string {
  return Object.entries(types)
    .map(([name, type]) => `${name} ${type ? describeType(type) : 'absent'}`)
    .join(', ');
}

/** Throws `op: expected what because why, got ...` unless `ok`. */
export function expect(
  ok: boolean,
  op: string,
  what: string,
  types: Readonly<Partial<Record<string, TensorType>>>,
): asserts ok {
  if (!ok) throw new GraphError(`${op}: expected ${what}, got ${describeTypes(types)}`);
}
