// Blocks: tensors that come and go together, placed as one. They are packed into as few buffers as the device's limit allows.

import type { Tensor } from '../graph/graph.ts';
import { alignedBytes } from '../graph/layouts.ts';
import type { Interval, Lifetime } from '../graph/lifetimes.ts';
import { BINDING_ALIGNMENT, type BufferSpec, type BufferUse, type Placement } from '../graph/program.ts';
import { packBuffers } from './pack.ts';
import type { Packing, Problem } from './problem.ts';

export interface Block extends Interval {
  readonly gaps?: readonly Interval[];
  readonly tensors: readonly Tensor[];
  readonly bytes: number;
}

/** What is being laid out: buffers so far, and places in them by tensor name. */
export interface Draft {
  readonly buffers: BufferSpec[];
  readonly placements: Record<string, Placement>;
}

export function tensorBlock({ tensor, lower, upper, gaps }: Lifetime): Block {
  return { lower, upper, ...(gaps && { gaps }), tensors: [tensor], bytes: alignedBytes(tensor) };
}

/** Tensors with the same lifetime as one block each, in order; a block is split where it would exceed `limit` bytes. */
export function lifetimeBlocks(live: readonly Lifetime[], limit: number): Block[] {
  const open = new Map<string, Block & { tensors: Tensor[]; bytes: number }>();
  const blocks: Block[] = [];
  for (const life of live) {
    const key = JSON.stringify([life.lower, life.upper, life.gaps]);
    const bytes = alignedBytes(life.tensor);
    const known = open.get(key);
    if (known && known.bytes + bytes <= limit) {
      known.tensors.push(life.tensor);
      known.bytes += bytes;
    } else {
      const block = { ...tensorBlock(life), tensors: [life.tensor] };
      open.set(key, block);
      blocks.push(block);
    }
  }
  return blocks;
}

/** The packing problem that the blocks pose. */
export function blockProblem(blocks: readonly Block[]): Problem {
  return {
    buffers: blocks.map(({ tensors, lower, upper, gaps, bytes }) => ({
      id: tensors[0]!.name,
      lower,
      upper,
      ...(gaps && { gaps }),
      size: bytes,
      alignment: BINDING_ALIGNMENT,
    })),
  };
}

/** Packs blocks into buffers of their own, each up to `limit` bytes. */
export function placeBlocks(blocks: readonly Block[], use: BufferUse, limit: number, draft: Draft): void {
  for (const { group, packing } of splitByLimit(blocks, limit)) {
    const { offsets, height } = packing;
    const buffer = draft.buffers.length;
    group.forEach(({ tensors }, i) => {
      let offset = offsets[i]!;
      for (const tensor of tensors) {
        draft.placements[tensor.name] = { buffer, offset };
        offset += alignedBytes(tensor);
      }
    });
    draft.buffers.push({ label: `${use}-${buffer}`, use, bytes: height });
  }
}

interface PackedGroup {
  readonly group: readonly Block[];
  readonly packing: Packing;
}

/** One group, unless its packing exceeds the limit: then what lives longest moves to groups of its own. */
function splitByLimit(all: readonly Block[], limit: number): PackedGroup[] {
  if (all.length === 0) return [];
  const packing = pack(all);
  if (packing.height <= limit) return [{ group: all, packing }];
  const byLife = all.toSorted((a, b) => b.upper - b.lower - (a.upper - a.lower));
  const group: Block[] = [];
  let bytes = 0;
  for (const block of byLife) {
    if (bytes + block.bytes > limit) continue;
    group.push(block);
    bytes += block.bytes;
    if (pack(all.filter((b) => !group.includes(b))).height <= limit) break;
  }
  const rest = all.filter((b) => !group.includes(b));
  return [...splitByLimit(rest, limit), { group, packing: pack(group) }];
}

/** By work alone, never by the clock: a busy machine gets the same plan. */
function pack(blocks: readonly Block[]): Packing {
  return packBuffers(blockProblem(blocks), { timeLimitMs: Number.POSITIVE_INFINITY });
}

/** Bytes live at each node. */
export function liveBytes(blocks: readonly Block[], nodes: number): Float64Array {
  const change = new Float64Array(nodes + 1);
  for (const { lower, upper, gaps = [], bytes } of blocks) {
    change[lower]! += bytes;
    change[upper]! -= bytes;
    for (const gap of gaps) {
      change[gap.lower]! -= bytes;
      change[gap.upper]! += bytes;
    }
  }
  for (let time = 1; time < nodes; time++) change[time]! += change[time - 1]!;
  return change.subarray(0, nodes);
}
