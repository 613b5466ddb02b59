// A partial packing, built from the ground up: in each section a floor, below which all is decided, and the slack, the
// bytes that may still be wasted. Every change goes on a trail, so that a branch is undone by rolling it back.
//
//   capacity  +--------------------+
//             |  free              |     slack = capacity - floor - unplaced bytes, in each section
//     floor   +========+           |
//             | placed |===========+     a buffer rests on the highest floor among its sections
//             |        |  wasted   |

import type { Part, TreeModel } from './tree_model.ts';

const FIRST_TRAIL = 2 ** 14;

/** Parts given to its methods are ranges of the `list` given to its constructor. Sizes and levels are in units. */
export class TreeState {
  capacity = 0;
  /** By section. */
  readonly floor: Float64Array;
  readonly slack: Float64Array;
  /** By buffer: the lowest place still open to it. */
  readonly rest: Float64Array;
  /** By buffer; -1 when not placed. */
  readonly offset: Float64Array;
  readonly #model: TreeModel;
  readonly #list: Int32Array;
  // The trail: what changed, and its value before. Code 3i: rest of i; 3i + 1: floor of i wasted; 3i + 2: i placed.
  #codes = new Int32Array(FIRST_TRAIL);
  #values = new Float64Array(FIRST_TRAIL);
  #length = 0;

  constructor(model: TreeModel, list: Int32Array) {
    this.#model = model;
    this.#list = list;
    this.floor = new Float64Array(model.sections);
    this.slack = new Float64Array(model.sections);
    this.rest = new Float64Array(model.count);
    this.offset = new Float64Array(model.count);
  }

  /** Empties the packing and sets the capacity. */
  reset(capacity: number): void {
    this.capacity = capacity;
    this.#length = 0;
    this.floor.fill(0);
    this.rest.fill(0);
    this.offset.fill(-1);
    for (let s = 0; s < this.slack.length; s++) this.slack[s] = capacity - this.#model.live[s];
  }

  /** The length of the trail, for a later `undo`. */
  mark(): number {
    return this.#length;
  }

  /** Lays buffer `b` on the floor, which is level under it. */
  place(b: number): void {
    const { floor, rest, offset } = this;
    const { lower, upper, size, meets, meetsFrom } = this.#model;
    this.#record(3 * b + 2, 0);
    offset[b] = floor[lower[b]];
    const top = offset[b] + size[b];
    for (let s = lower[b]; s < upper[b]; s++) floor[s] = top;
    for (let i = meetsFrom[b]; i < meetsFrom[b + 1]; i++) {
      const c = meets[i];
      if (rest[c] < top && offset[c] < 0) this.#raiseRest(c, top);
    }
  }

  /** Raises the floor of `section` by `rise`, and with it the rest of the unplaced buffers of `part` that live there. */
  waste(section: number, rise: number, { first, end }: Part): void {
    const { lower, upper } = this.#model;
    this.#record(3 * section + 1, this.floor[section]);
    const level = this.floor[section] + rise;
    this.floor[section] = level;
    this.slack[section] -= rise;
    for (let i = first; i < end; i++) {
      const b = this.#list[i];
      if (this.rest[b] < level && lower[b] <= section && section < upper[b]) this.#raiseRest(b, level);
    }
  }

  /** Rolls all changes back to when the trail was `mark` long. */
  undo(mark: number): void {
    const { floor, slack, rest, offset } = this;
    const { lower, upper } = this.#model;
    const codes = this.#codes;
    const values = this.#values;
    while (this.#length > mark) {
      const value = values[--this.#length];
      const code = codes[this.#length];
      const i = Math.trunc(code / 3);
      if (code === 3 * i) rest[i] = value;
      else if (code === 3 * i + 1) {
        slack[i] += floor[i] - value;
        floor[i] = value;
      } else {
        for (let s = lower[i]; s < upper[i]; s++) floor[s] = offset[i];
        offset[i] = -1;
      }
    }
  }

  #raiseRest(b: number, level: number): void {
    this.#record(3 * b, this.rest[b]);
    this.rest[b] = level;
  }

  #record(code: number, value: number): void {
    if (this.#length === this.#codes.length) this.#growTrail();
    this.#codes[this.#length] = code;
    this.#values[this.#length++] = value;
  }

  #growTrail(): void {
    const [codes, values] = [this.#codes, this.#values];
    this.#codes = new Int32Array(2 * codes.length);
    this.#values = new Float64Array(2 * values.length);
    this.#codes.set(codes);
    this.#values.set(values);
  }
}
