// Runs the same program as a device would, on the ops' CPU twins: slow and plain, the thing to hold a device's tensors against.
// Tensors lie in buffers exactly as planned, so a plan that lets two live tensors overlap goes wrong here as well.

import { GraphError } from '../errors.ts';
import { decodeTensor, encodeTensor } from '../ops/host_tensor.ts';
import { byteLength, describeType, type HostTensor, type TensorType } from '../ops/op.ts';
import type { Graph, TensorRef } from './graph.ts';
import type { Program } from './program.ts';

export class CpuExecutor {
  readonly #graph: Graph;
  readonly #program: Program;
  readonly #buffers: readonly Uint8Array[];

  constructor(graph: Graph, program: Program) {
    this.#graph = graph;
    this.#program = program;
    this.#buffers = program.buffers.map(({ bytes }) => new Uint8Array(bytes));
  }

  /** Writes into a tensor from byte `offset` on. */
  write(tensor: string, data: Uint8Array, offset = 0): void {
    this.#bytes(this.#type(tensor), tensor, 0).set(data, offset);
  }

  /** A copy of a tensor's bytes. */
  read(tensor: string): Uint8Array {
    return this.#bytes(this.#type(tensor), tensor, 0).slice();
  }

  /** Fills every buffer of a use, to see who reads what nobody wrote. */
  fill(use: Program['buffers'][number]['use'], byte: number): void {
    this.#program.buffers.forEach((spec, i) => {
      if (spec.use === use) this.#buffers[i]!.fill(byte);
    });
  }

  run(phase: string): void {
    for (const { node } of this.#program.phases[phase] ?? []) {
      const { op, attrs, inputs, outputs } = this.#graph.nodes[node]!;
      const tensors: Record<string, HostTensor> = {};
      for (const [name, ref] of Object.entries({ ...inputs, ...outputs })) tensors[name] = this.#decode(ref);
      op.reference(tensors, attrs);
      for (const [name, ref] of Object.entries(outputs)) {
        this.#bytes(ref, ref.tensor.name, ref.offset).set(encodeTensor(tensors[name]!));
      }
    }
  }

  #decode(ref: TensorRef): HostTensor {
    return decodeTensor({ dtype: ref.dtype, shape: ref.shape }, this.#bytes(ref, ref.tensor.name, ref.offset));
  }

  #bytes(type: TensorType, tensor: string, offset: number): Uint8Array {
    const placement = this.#program.placements[tensor];
    if (!placement)
      throw new GraphError(`cpu executor: expected a place for ${tensor} ${describeType(type)}, got none`);
    const begin = placement.offset + offset;
    return this.#buffers[placement.buffer]!.subarray(begin, begin + byteLength(type));
  }

  #type(tensor: string): TensorType {
    const type = this.#graph.tensors.find((t) => t.name === tensor);
    if (!type) throw new GraphError(`cpu executor: expected a tensor of the graph, got '${tensor}'`);
    return type;
  }
}
