// What of a graph there is to tune: every distinct (op, shapes, attrs), and a case to time each with. No device.

import type { Graph, Node } from '../graph/graph.ts';
import { nodeTypes } from '../graph/program.ts';
import {
  admissible,
  type Caps,
  type Case,
  caseTypes,
  describeType,
  describeTypes,
  elements,
  type Op,
  type Shapes,
  type TensorType,
  type Variant,
} from '../ops/op.ts';
import { isRowTable, packRows } from '../ops/rows.ts';

/** Nodes that are alike for a kernel. */
export interface TuneSite {
  readonly key: string;
  readonly op: Op;
  readonly types: Shapes<string>;
  readonly attrs: object;
  /** Admissible kernels, default first. */
  readonly variants: readonly Variant[];
}

/** `linear {"gelu":true} bias f32[1536], w i8[1536, 384], ...`: equal for nodes that any kernel treats alike, whatever their tensors' names. */
export function siteKey({ op, attrs, inputs, outputs }: Pick<Node, 'op' | 'attrs' | 'inputs' | 'outputs'>): string {
  const types = Object.entries({ ...inputs, ...outputs }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${op.name} ${JSON.stringify(canonical(attrs))} ${describeTypes(Object.fromEntries(types))}`;
}

/** Keys in order, and of a tensor its type alone. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('dtype' in value && 'shape' in value) return describeType(value as TensorType);
  const entries = Object.entries(value).map(([name, each]) => [name, canonical(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sites where there is a choice, in the order of their first nodes. */
export function sitesOf(graphs: readonly Graph[], caps: Caps): TuneSite[] {
  const sites = new Map<string, TuneSite>();
  for (const node of graphs.flatMap(({ nodes }) => nodes)) {
    const key = siteKey(node);
    if (sites.has(key)) continue;
    const { op, attrs } = node;
    const types = nodeTypes(node);
    sites.set(key, { key, op, types, attrs, variants: admissible(op, types, attrs, caps) });
  }
  return [...sites.values()].filter(({ variants }) => variants.length > 1);
}

/** True on a software adapter for a kernel made for GPUs, where there is another: the driver may take minutes to compile it. */
export function isForGpus({ op, variants }: TuneSite, variant: Variant, caps: Caps): boolean {
  return caps.cpu && variants.some((v) => isForCpus(op, v, caps)) && !isForCpus(op, variant, caps);
}

/** There are shapes among the op's cases that it suits on a software adapter only. */
function isForCpus(op: Op, { suits }: Variant, caps: Caps): boolean {
  if (!suits) return false;
  return op.cases.some((given) => {
    const attrs = given.attrs ?? {};
    const types = caseTypes(op, given);
    return suits(types, attrs, { ...caps, cpu: true }) && !suits(types, attrs, { ...caps, cpu: false });
  });
}

/** The site as a case to time: rows of a decoder pass stand half-way through their context, other tables are zeros. */
export function timingCase({ key, types, attrs }: TuneSite): Case<string, object> {
  const context = types['k_cache']?.shape[1] ?? 0;
  const fill = (name: string): ArrayLike<number> | undefined => {
    const type = types[name];
    if (name !== 'rows' || !type || !isRowTable(type)) return undefined;
    const position = Math.max(0, Math.min(Math.floor(context / 2), context - type.shape[0]!));
    return packRows(
      Array.from({ length: type.shape[0]! }, (_, i) => ({ token: 0, position: position + i, sequence: 0, first: 0 })),
    );
  };
  return { name: key, types, attrs, fill };
}

/** The op's own case that is most like the site, of those the smallest, which its kernel can run; none where element types differ. */
export function twinCase(site: TuneSite, variant: Variant, caps: Caps): Case<string, object> | undefined {
  const { op } = site;
  const alike = op.cases.flatMap((given) => {
    const attrs = given.attrs ?? {};
    const types = caseTypes(op, given);
    const sameTypes = Object.entries(types).every(([name, type]) => (site.types[name] ?? type).dtype === type.dtype);
    if (!sameTypes || !(variant.runs?.(types, attrs, caps) ?? true)) return [];
    const strange = differences(types, site.types) + differences(attrs, site.attrs);
    return [{ given, strange, size: Object.values(types).reduce((sum, type) => sum + elements(type), 0) }];
  });
  return alike.sort((a, b) => a.strange - b.strange || a.size - b.size)[0]?.given;
}

/** Names that only one of two objects has. */
function differences(a: object, b: object): number {
  return [...Object.keys(a).filter((name) => !(name in b)), ...Object.keys(b).filter((name) => !(name in a))].length;
}
