// A run as it is stored, with every window.

import type { Ends, PlaceCost } from './figures.ts';
import type { LongRun } from './measure.ts';

export interface Results {
  readonly command: string;
  readonly adapter: string;
  readonly machine: string;
  readonly commit: string;
  readonly model: string;
  /** Of audio. */
  readonly minutes: number;
  readonly run: LongRun;
  readonly places: Ends<PlaceCost>;
}
