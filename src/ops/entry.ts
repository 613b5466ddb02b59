// The subpath ./ops: the registry, and what it takes to define an op of your own.

export { decodeTensor, encodeTensor, hostTensor } from './host_tensor.ts';
export * as ops from './index.ts';
export * from './op.ts';
export { type KernelSource, loadKernel } from './wgsl.ts';
