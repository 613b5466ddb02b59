// Where the tree search branches. Take a section where every unplaced buffer that rests on the floor lies flat on it:
// the next buffer above the floor is one of those, or the floor is wasted up to a known level. Both cases are complete
// at any such section, so the one with the fewest cases is taken, as in exact cover. A section with no slack and no
// buffer to put down refutes the partial packing at once.

import type { Part, TreeModel } from './tree_model.ts';
import type { TreeState } from './tree_state.ts';

export const SPLIT = -1;

/** How much wasting counts beside a buffer: little, for it rarely leads anywhere. Both figures are measured. */
const WASTE_CASE = 0.1;
/** How much less urgent a section is for each part of the capacity that it may waste: doubled by 2 %. */
const SLACK_PATIENCE = 50;

/** Parts given to its methods are ranges of the `list` given to its constructor. */
export class Brancher {
  /** After SPLIT: the sections before which no unplaced buffer of the part reaches across, and the part's end. */
  readonly cuts: number[] = [];
  readonly #model: TreeModel;
  readonly #state: TreeState;
  readonly #list: Int32Array;
  // A plateau is a run of sections with equal floors. Buffers that rest in a valley, a plateau below both neighbours
  // or the part's edge, lie flat; anywhere else an unplaced buffer may overhang a lower floor.
  readonly #plateau: Int32Array; // by section
  readonly #valley: Uint8Array; // by plateau, 1 or 0
  readonly #crossing: Int32Array; // by section, the change in how many buffers reach into the next section
  readonly #resting: Int32Array; // by section, the change in how many buffers lie flat on its floor

  constructor(model: TreeModel, state: TreeState, list: Int32Array) {
    this.#model = model;
    this.#state = state;
    this.#list = list;
    this.#plateau = new Int32Array(model.sections);
    this.#valley = new Uint8Array(model.sections);
    this.#crossing = new Int32Array(model.sections + 1);
    this.#resting = new Int32Array(model.sections + 1);
  }

  /** The section of `part` to branch on, or SPLIT when `cuts` divide it. The part has unplaced buffers throughout. */
  choose(part: Part, weights: Float64Array | undefined): number {
    this.#findValleys(part);
    this.#countBuffers(part);
    return this.#cutPart(part) ? SPLIT : this.#fewestCases(part, weights);
  }

  #findValleys({ from, to }: Part): void {
    const { floor } = this.#state;
    const plateau = this.#plateau;
    const valley = this.#valley;
    let last = -1;
    let level = Number.POSITIVE_INFINITY;
    for (let s = from; s < to; s++) {
      const height = floor[s];
      if (height !== level) {
        if (last >= 0 && height < level) valley[last] = 0;
        last++;
        valley[last] = height < level ? 1 : 0;
        level = height;
      }
      plateau[s] = last;
    }
  }

  #countBuffers({ first, end, from, to }: Part): void {
    const { lower, upper } = this.#model;
    const list = this.#list;
    const plateau = this.#plateau;
    const crossing = this.#crossing.fill(0, from, to + 1);
    const resting = this.#resting.fill(0, from, to + 1);
    for (let i = first; i < end; i++) {
      const left = lower[list[i]];
      const right = upper[list[i]] - 1;
      crossing[left]++;
      crossing[right]--;
      if (plateau[left] === plateau[right] && this.#valley[plateau[left]] === 1) {
        resting[left]++;
        resting[right + 1]--;
      }
    }
  }

  #cutPart({ from, to }: Part): boolean {
    const crossing = this.#crossing;
    let cuts = 0;
    let across = 0;
    for (let s = from; s < to; s++) {
      across += crossing[s];
      if (across === 0) this.cuts[cuts++] = s + 1;
    }
    this.cuts.length = cuts;
    return cuts > 1;
  }

  #fewestCases({ from, to }: Part, weights: Float64Array | undefined): number {
    const { floor, slack, capacity } = this.#state;
    const resting = this.#resting;
    const plateau = this.#plateau;
    const patience = SLACK_PATIENCE / capacity;
    let chosen = from;
    let fewest = Number.POSITIVE_INFINITY;
    let cases = 0;
    for (let s = from; s < to; s++) {
      cases += resting[s];
      if (this.#valley[plateau[s]] === 0) continue;
      let score = slack[s] > 0 ? (cases + WASTE_CASE) * (1 + slack[s] * patience) : cases;
      if (weights !== undefined) score /= weights[s];
      if (score < fewest || (score === fewest && floor[s] < floor[chosen])) {
        fewest = score;
        chosen = s;
      }
    }
    return chosen;
  }
}
