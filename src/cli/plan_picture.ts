// The memory of a plan as the pictures of src/allocator draw it: tensors placed over time, coloured by what they are for.

import {
  drawSvg,
  type GraphProblem,
  graphProblem,
  type Kind,
  type Packing,
  plannedPacking,
} from '../allocator/index.ts';
import { drawnAs, tensorKinds } from './plan_kinds.ts';
import type { PlanReport } from './plan_report.ts';
import { planTitle } from './plan_text.ts';

export interface Picture extends GraphProblem {
  readonly packing: Pick<Packing, 'offsets' | 'height' | 'lowerBound'>;
  /** By buffer. */
  readonly kinds: readonly Kind[];
}

/** The arena, or the weights: worth a look where they come and go. */
export function planPicture({ graph, plan }: PlanReport, use: 'arena' | 'weights'): Picture {
  const posed = graphProblem(graph, use);
  const kinds = tensorKinds(graph);
  const lowerBound = use === 'arena' ? plan.lowerBound : plan.weightLowerBound;
  return {
    ...posed,
    packing: plannedPacking(posed, plan, use, lowerBound),
    kinds: posed.tensors.map((tensor) => drawnAs(kinds.get(tensor)!)),
  };
}

export function planSvg(report: PlanReport, use: 'arena' | 'weights'): string {
  const { problem, packing, phases, kinds } = planPicture(report, use);
  const title = `${report.model}, ${use}: ${planTitle(report)}`;
  return drawSvg(problem, packing, { title, phases, kinds });
}
