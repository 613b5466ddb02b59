// Depth-first search for a packing of a given capacity, complete: it finds one, refutes all, or is stopped. After
// MiniMalloc (Moffitt, ASPLOS'23): buffers are laid on the floor that earlier ones left, bounds per section prune, and
// parts that no longer touch in time are solved apart. Ours differs in branching where cases are fewest, in learning
// which sections fail, and in remembering failed states.

import type { Clock } from './clock.ts';
import { FailedStates, type StateHash } from './failed_states.ts';
import { Brancher, SPLIT } from './tree_branch.ts';
import type { Part, TreeModel } from './tree_model.ts';
import { TreeState } from './tree_state.ts';

const WORK_BETWEEN_PAUSES = 2 ** 20; // ten milliseconds or so

export type Outcome = 'packed' | 'impossible' | 'stopped';

/** How a run decides between equals. */
export interface Tactics {
  /** By buffer: candidates of lower rank are tried first. */
  readonly rank: Int32Array;
  /** Prefer sections that failed often, in this run or an earlier one (weighted degrees, Boussemart et al. 2004). */
  readonly weighted: boolean;
}

/** A part that waits until its siblings are packed; then the nodes above `depth` are dropped, for good. */
interface PendingPart extends Part {
  readonly depth: number;
  /** Where the list space behind all siblings begins. */
  readonly free: number;
  readonly waiting: PendingPart | undefined;
}

/** A node: a part to pack. Its cases are the candidates list[next] to list[last - 1] at `section`, then waste. */
interface Node extends Part {
  section: number;
  next: number;
  last: number;
  /** No case is left: refuted, or split into parts. */
  closed: boolean;
  /** Lengths of the trail when the node was opened and when its present cases were found. */
  opened: number;
  branched: number;
  readonly hash: StateHash;
  hashed: boolean;
  waiting: PendingPart | undefined;
}

/** A search over one model. Its failed states and section weights serve all its runs. */
export class TreeSearch {
  readonly #model: TreeModel;
  readonly #list: Int32Array;
  readonly #state: TreeState;
  readonly #brancher: Brancher;
  readonly #failed: FailedStates;
  readonly #weights: Float64Array;
  readonly #nodes: readonly Node[];
  readonly #scratch: StateHash = { high: 0, low: 0 };
  readonly #leastRise = new Map<number, number>(); // by capacity, the least rise of it that spares some refuted case
  #tactics: Tactics = { rank: new Int32Array(0), weighted: false };
  #depth = 0;
  #opened = 0;
  #work = 0;

  constructor(model: TreeModel) {
    const { count, sections } = model;
    this.#model = model;
    // Lists of unplaced buffers, stacked. Every placement and split copies what is left: 1.5 n^2 entries at most.
    this.#list = new Int32Array(1.5 * count * count + 2 * count + 1);
    this.#state = new TreeState(model, this.#list);
    this.#brancher = new Brancher(model, this.#state, this.#list);
    this.#failed = new FailedStates(model, this.#list);
    this.#weights = new Float64Array(sections).fill(1);
    this.#nodes = Array.from({ length: 2 * count + 2 }, createNode);
  }

  /** After 'packed': units by model buffer. */
  get offset(): Float64Array {
    return this.#state.offset;
  }

  /** After 'impossible' at `capacity`: no lower capacity than this is possible. */
  nextCapacity(capacity: number): number {
    return capacity + (this.#leastRise.get(capacity) ?? 1);
  }

  /**
   * Searches for a packing of at most `capacity` units, which is no less than is live in any section. Pauses every few
   * milliseconds; the search has this run alone until it ends.
   */
  *run(capacity: number, tactics: Tactics, nodeLimit: number, clock: Clock): Generator<'pause', Outcome, void> {
    const { count, sections } = this.#model;
    this.#tactics = tactics;
    this.#depth = 0;
    this.#opened = 0;
    this.#state.reset(capacity);
    for (let b = 0; b < count; b++) this.#list[b] = b;
    this.#open({ first: 0, end: count, from: 0, to: sections }, count, undefined);
    let sincePause = 0;
    while (this.#depth > 0) {
      const spent = clock.spend(this.#work);
      sincePause += this.#work;
      this.#work = 0;
      if (sincePause >= WORK_BETWEEN_PAUSES) {
        sincePause = 0;
        yield 'pause';
      }
      if (spent || this.#opened > nodeLimit) return 'stopped';
      const node = this.#nodes[this.#depth - 1];
      if (this.#advance(node)) continue;
      this.#state.undo(node.opened);
      if (node.hashed) this.#failed.add(node.hash);
      if (--this.#depth === 0) return 'impossible';
    }
    return 'packed';
  }

  /** Opens a node for `part`, with list space from `free` on. When the part is empty, goes on to what waits. */
  #open(part: Part, free: number, waiting: PendingPart | undefined): void {
    if (part.first === part.end) {
      this.#depth = waiting?.depth ?? 0; // 0: nothing waits, all is packed
      if (waiting !== undefined) this.#open(waiting, waiting.free, waiting.waiting);
      return;
    }
    const node = this.#nodes[this.#depth++];
    this.#opened++;
    node.first = part.first;
    node.end = part.end;
    node.from = part.from;
    node.to = part.to;
    node.waiting = waiting;
    node.opened = this.#state.mark();
    node.hashed = false;
    this.#branch(node, free);
  }

  /** Finds the node's cases in the present state; closes it when there are none. */
  #branch(node: Node, free: number): void {
    this.#work += node.end - node.first + node.to - node.from;
    node.branched = this.#state.mark();
    node.next = free;
    node.last = free;
    node.section = this.#brancher.choose(node, this.#tactics.weighted ? this.#weights : undefined);
    const split = node.section === SPLIT;
    node.closed = split || this.#isKnownFailure(node);
    if (split) this.#split(node, free);
    else if (!node.closed) this.#collectCandidates(node);
  }

  /** Packs the parts between the cuts apart, the smallest first: it is the cheapest to refute. */
  #split(node: Node, start: number): void {
    const { lower } = this.#model;
    const list = this.#list;
    const parts: Part[] = [];
    let { from } = node;
    let free = start;
    for (const to of this.#brancher.cuts) {
      const first = free;
      for (let i = node.first; i < node.end; i++) {
        if (lower[list[i]] >= from && lower[list[i]] < to) list[free++] = list[i];
      }
      if (free > first) parts.push({ first, end: free, from, to });
      from = to;
    }
    parts.sort((a, b) => b.end - b.first - (a.end - a.first));
    let { waiting } = node;
    for (const part of parts) waiting = { ...part, depth: this.#depth, free, waiting };
    this.#open(waiting!, free, waiting!.waiting);
  }

  /** Looks the present state up. Keeps the hash of the node's first state, to add it when the node is refuted. */
  #isKnownFailure(node: Node): boolean {
    const hash = node.hashed ? this.#scratch : node.hash;
    this.#failed.hash(node, this.#state, hash);
    node.hashed = true;
    return this.#failed.has(hash);
  }

  /** Lists, by rank, the buffers that rest on the section's floor: where the brancher branches they lie flat. */
  #collectCandidates(node: Node): void {
    const { section, next } = node;
    const { lower, upper } = this.#model;
    const { rest, floor } = this.#state;
    const { rank } = this.#tactics;
    const list = this.#list;
    let { last } = node;
    for (let i = node.first; i < node.end; i++) {
      const b = list[i];
      if (rest[b] !== floor[section] || lower[b] > section || section >= upper[b]) continue;
      let slot = last++;
      for (; slot > next && rank[list[slot - 1]] > rank[b]; slot--) list[slot] = list[slot - 1];
      list[slot] = b;
    }
    node.last = last;
  }

  /** Takes the node's next case. False when none is left. */
  #advance(node: Node): boolean {
    if (node.closed) return false;
    this.#state.undo(node.branched);
    if (node.next === node.last) return this.#wasteFloor(node);
    const list = this.#list;
    const b = list[node.next++];
    this.#state.place(b);
    let end = node.last;
    for (let i = node.first; i < node.end; i++) if (list[i] !== b) list[end++] = list[i];
    this.#open({ first: node.last, end, from: node.from, to: node.to }, end, node.waiting);
    return true;
  }

  /** The last case: no buffer lies on the floor. Raises it to the lowest place the next buffer can then have. */
  #wasteFloor(node: Node): boolean {
    const { section } = node;
    const { floor, slack, capacity } = this.#state;
    this.#weights[section]++;
    const rise = this.#nextPlace(node) - floor[section];
    const lacking = rise - slack[section];
    if (lacking > 0) {
      const least = this.#leastRise.get(capacity) ?? Number.POSITIVE_INFINITY;
      if (lacking < least) this.#leastRise.set(capacity, lacking);
      return false;
    }
    this.#state.waste(section, rise, node);
    this.#branch(node, node.last);
    return true;
  }

  /** The lowest place of the section's next buffer if none lies on the floor: its rest, or on top of what it meets. */
  #nextPlace({ section, first, end }: Node): number {
    const { lower, upper, size } = this.#model;
    const { rest, floor } = this.#state;
    const list = this.#list;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = first; i < end; i++) {
      const b = list[i];
      if (lower[b] > section || section >= upper[b]) continue;
      if (rest[b] > floor[section]) {
        if (rest[b] < lowest) lowest = rest[b];
        continue;
      }
      this.#work += end - first;
      for (let j = first; j < end; j++) {
        const c = list[j];
        const elsewhere = lower[c] > section || section >= upper[c];
        if (elsewhere && lower[c] < upper[b] && lower[b] < upper[c]) lowest = Math.min(lowest, rest[c] + size[c]);
      }
    }
    return lowest;
  }
}

function createNode(): Node {
  return {
    first: 0,
    end: 0,
    from: 0,
    to: 0,
    section: 0,
    next: 0,
    last: 0,
    closed: false,
    opened: 0,
    branched: 0,
    hash: { high: 0, low: 0 },
    hashed: false,
    waiting: undefined,
  };
}
