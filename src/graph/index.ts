// The subpath ./graph: record a graph, compile it to a program, run it on the CPU twins.

export { type BuilderBase, createGraphBuilder, type GraphBuilder, type Registry } from './builder.ts';
export { CpuExecutor } from './cpu_executor.ts';
export * from './graph.ts';
export { separateLayout } from './layouts.ts';
export { type Lifetime, lifetimes } from './lifetimes.ts';
export * from './program.ts';
