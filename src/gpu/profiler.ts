// Keeps what an executor, and those above it, tell of when they did what. A dispatch takes some 50 bytes of the host's memory.

import type { Graph, Node } from '../graph/graph.ts';
import { type Dispatch, nodeTypes } from '../graph/program.ts';
import type { DispatchSite, DispatchSpan, HostSpan, Profile, Span } from './profile.ts';

/** Spans are given by `performance.now()`. */
export class Profiler {
  readonly #adapter: string;
  readonly #timedBy: Profile['timedBy'];
  readonly #graph: Graph;
  readonly #sites = new Map<Dispatch, DispatchSite>();
  #began = performance.now();
  #calls: Span[] = [];
  #phases: Span[] = [];
  #dispatches: DispatchSpan[] = [];
  #host: HostSpan[] = [];

  constructor(graph: Graph, adapter: string, timedBy: Profile['timedBy']) {
    this.#graph = graph;
    this.#adapter = adapter;
    this.#timedBy = timedBy;
  }

  /** Something the caller does, made of phases and host work. */
  async call<T>(name: string, body: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await body();
    } finally {
      this.#calls.push(this.#span(name, began, performance.now()));
    }
  }

  ran(phase: string, began: number, ended: number): void {
    this.#phases.push(this.#span(phase, began, ended));
  }

  dispatched(dispatch: Dispatch, began: number, ended: number): void {
    let site = this.#sites.get(dispatch);
    if (!site) {
      site = siteOf(this.#graph.nodes[dispatch.node]!, dispatch);
      this.#sites.set(dispatch, site);
    }
    this.#dispatches.push({ site, begin: began - this.#began, end: ended - this.#began });
  }

  /** Host work that ends now. */
  host(kind: HostSpan['kind'], what: string, bytes: number, began: number): void {
    this.#host.push({ ...this.#span(what, began, performance.now()), kind, bytes });
  }

  /** Everything since the last take; a new profile begins. */
  take(): Profile {
    const now = performance.now();
    const profile: Profile = {
      adapter: this.#adapter,
      timedBy: this.#timedBy,
      duration: now - this.#began,
      calls: this.#calls,
      phases: this.#phases,
      dispatches: this.#dispatches,
      host: this.#host,
    };
    this.#calls = [];
    this.#phases = [];
    this.#dispatches = [];
    this.#host = [];
    this.#began = now;
    return profile;
  }

  #span(name: string, began: number, ended: number): Span {
    return { name, begin: began - this.#began, end: ended - this.#began };
  }
}

function siteOf(node: Node, { kernel, bindings }: Dispatch): DispatchSite {
  const { op, phase, attrs, label } = node;
  const words = label.split(' ').slice(0, -1);
  const scope = words[0] === phase ? words.slice(1) : words;
  const [weight] = Object.values(node.inputs).filter(
    ({ tensor, shape }) => tensor.kind === 'weight' && shape.length > 1,
  );
  return {
    phase,
    scope: scope.flatMap((word) => word.split(/\.(?=blocks\b)/)),
    op: op.name,
    kernel,
    weight: weight && within(weight.tensor.name, scope),
    flops: op.flops?.(nodeTypes(node), attrs) ?? 0,
    bytes: bindings.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** `decoder.blocks.0.mlp.0.weight` within decoder.blocks.0 is `mlp.0`. */
function within(weight: string, scope: readonly string[]): string {
  const prefix = `${scope.join('.')}.`;
  const name = weight.startsWith(prefix) ? weight.slice(prefix.length) : weight;
  return name.replace(/\.weight$/, '');
}
