// Records calls of ops as a graph. `new GraphBuilder(ops, phases)` has a method per op of the registry, typed by the op itself:
// missing inputs, missing attributes and unknown ops are compile errors, and a new op needs no edit here.

import { GraphError } from '../errors.ts';
import { byteLength, type DType, describeType, describeTypes, type Op, type TensorType } from '../ops/op.ts';
import { type Graph, type Node, type Phase, type Residency, refOf, type Tensor, type TensorRef } from './graph.ts';

/** Op registry: camelCase name -> op. */
// biome-ignore lint/suspicious/noExplicitAny: an op is invariant in its attributes, so the registry's generic must erase them
export type Registry = Readonly<Record<string, Op<any, any, any, any>>>;

type OneOrAll<Out extends string> = [Out] extends ['y'] ? TensorRef : Readonly<Record<Out, TensorRef>>;

type Call<O> =
  O extends Op<infer In, infer Opt, infer Out, infer A>
    ? (
        inputs: Readonly<Record<In, TensorRef>> & Readonly<Partial<Record<Opt, TensorRef>>>,
        ...rest: Record<never, never> extends A
          ? [attrs?: A, into?: Readonly<Partial<Record<Out, TensorRef>>>]
          : [attrs: A, into?: Readonly<Partial<Record<Out, TensorRef>>>]
      ) => OneOrAll<Out>
    : never;

export type GraphBuilder<R extends Registry> = BuilderBase & { readonly [K in keyof R]: Call<R[K]> };

/** Everything of a graph builder but the ops. */
export interface BuilderBase {
  /** Later calls belong to this phase, until the next one. */
  phase(name: string): void;
  /** Later calls belong to a new segment; a phase begins one too. */
  segment(): void;
  /** Prefixes names and labels of what `body` records. */
  scope<T>(name: string, body: () => T): T;
  /** Weights have whole names, whatever the scope; the same name again is the same tensor. */
  weight(name: string, dtype: DType, shape: readonly number[], residency?: Residency): TensorRef;
  input(name: string, dtype: DType, shape: readonly number[], lives?: 'always'): TensorRef;
  activation(name: string, dtype: DType, shape: readonly number[]): TensorRef;
  state(name: string, dtype: DType, shape: readonly number[], lives?: 'always'): TensorRef;
  build(): Graph;
}

class Recorder implements BuilderBase {
  readonly #phases: readonly Phase[];
  readonly #tensors: Tensor[] = [];
  readonly #names = new Set<string>();
  readonly #nodes: Node[] = [];
  readonly #weights = new Map<string, Tensor>();
  #phase = -1;
  #segment = -1;
  #scope: string[] = [];

  constructor(registry: Registry, phases: readonly Phase[]) {
    this.#phases = phases;
    for (const [method, op] of Object.entries(registry)) {
      Object.defineProperty(this, method, {
        value: (inputs: Record<string, TensorRef>, attrs?: object, into?: Record<string, TensorRef>) =>
          this.#record(op, inputs, attrs ?? {}, into ?? {}),
      });
    }
  }

  phase(name: string): void {
    const index = this.#phases.findIndex((p) => p.name === name);
    if (index <= this.#phase) {
      const order = this.#phases.map((p) => p.name).join(', ');
      throw new GraphError(`phase: expected the phases in their order (${order}), got '${name}'`);
    }
    this.#phase = index;
    this.#segment++;
  }

  segment(): void {
    this.#segment++;
  }

  scope<T>(name: string, body: () => T): T {
    this.#scope.push(name);
    const result = body();
    this.#scope.pop();
    return result;
  }

  weight(name: string, dtype: DType, shape: readonly number[], residency?: Residency): TensorRef {
    const known = this.#weights.get(name);
    if (!known) {
      const ref = this.#declare({ kind: 'weight', name, dtype, shape, ...(residency && { residency }) });
      this.#weights.set(name, ref.tensor);
      return ref;
    }
    if (describeType(known) !== describeType({ dtype, shape })) {
      throw new GraphError(
        `weight: expected ${name} as declared before, ${describeType(known)}, got ${describeType({ dtype, shape })}`,
      );
    }
    return refOf(known);
  }

  input(name: string, dtype: DType, shape: readonly number[], lives?: 'always'): TensorRef {
    return this.#declare({ kind: 'input', name: this.#path(name), dtype, shape, ...(lives && { lives }) });
  }

  activation(name: string, dtype: DType, shape: readonly number[]): TensorRef {
    return this.#declare({ kind: 'activation', name: this.#path(name), dtype, shape });
  }

  state(name: string, dtype: DType, shape: readonly number[], lives?: 'always'): TensorRef {
    return this.#declare({ kind: 'state', name: this.#path(name), dtype, shape, ...(lives && { lives }) });
  }

  build(): Graph {
    return { phases: this.#phases, tensors: [...this.#tensors], nodes: [...this.#nodes] };
  }

  #path(name: string): string {
    return [...this.#scope, name].join('.');
  }

  /** A name of its own: two tensors of one path are told apart by a number. */
  #declare(wanted: Tensor): TensorRef {
    let { name } = wanted;
    for (let n = 2; this.#names.has(name); n++) name = `${wanted.name}#${n}`;
    this.#names.add(name);
    const tensor: Tensor = { ...wanted, name };
    this.#tensors.push(tensor);
    return refOf(tensor);
  }

  #record(op: Op, inputs: Record<string, TensorRef>, attrs: object, into: Record<string, TensorRef>) {
    const phase = this.#phases[this.#phase];
    if (!phase) throw new GraphError(`${op.name}: expected a phase before the first op, got none`);
    for (const name of op.inputs) {
      if (!inputs[name]) throw new GraphError(`${op.name}: expected an input '${name}', got ${describeTypes(inputs)}`);
    }
    const inferred = op.infer(inputs, attrs);
    const outputs: Record<string, TensorRef> = {};
    for (const name of op.outputs) {
      outputs[name] = this.#output(op, name, inferred[name]!, into[name], op.updates(attrs).includes(name));
    }
    const label = [...this.#scope, op.name].join(' ');
    this.#nodes.push({ op, phase: phase.name, segment: this.#segment, label, attrs, inputs: present(inputs), outputs });
    return op.outputs.length === 1 && op.outputs[0] === 'y' ? outputs['y'] : outputs;
  }

  #output(op: Op, name: string, type: TensorType, given: TensorRef | undefined, update: boolean): TensorRef {
    if (!given) {
      if (update) throw new GraphError(`${op.name}: expected a tensor '${name}' to update, got none`);
      return this.activation(`${op.name}.${name}`, type.dtype, type.shape);
    }
    if (given.tensor.kind === 'weight') {
      throw new GraphError(`${op.name}: expected '${name}' in the arena, got the weight ${given.tensor.name}`);
    }
    if (given.dtype !== type.dtype || byteLength(given) !== byteLength(type)) {
      throw new GraphError(`${op.name}: expected '${name}' to be ${describeType(type)}, got ${describeType(given)}`);
    }
    return given;
  }
}

function present(refs: Readonly<Record<string, TensorRef | undefined>>): Record<string, TensorRef> {
  return Object.fromEntries(Object.entries(refs).filter((e): e is [string, TensorRef] => e[1] !== undefined));
}

/**
 * Starts a graph over the ops of `registry`.
 * @throws GraphError from any call whose shapes, dtypes or names do not fit.
 */
export function createGraphBuilder<R extends Registry>(registry: R, phases: readonly Phase[]): GraphBuilder<R> {
  return new Recorder(registry, phases) as BuilderBase as GraphBuilder<R>;
}
