// The public face of the packer: problems in, packings out, and what is needed to check, store and look at them.

export { type CsvFile, formatCsv, parseCsv } from './csv.ts';
export { type GraphProblem, graphProblem, plannedPacking } from './graph_problem.ts';
export { packInOrder } from './greedy.ts';
export { lowerBound, naiveBytes, type Peak, peakMoment } from './lower_bound.ts';
export { ORDERS, type OrderName } from './orders.ts';
export { type PackOptions, packBuffers, packBuffersAsync } from './pack.ts';
export { drawText, type TextPictureOptions } from './picture.ts';
export type { Kind, PhaseMark } from './picture_plane.ts';
export { drawSvg, type SvgPictureOptions } from './picture_svg.ts';
export { type Plan, type PlanLimits, planMemory } from './plan.ts';
export type { Buffer, Effort, Gap, Packing, Problem, Stop } from './problem.ts';
export type { Fit } from './shelf.ts';
export { type Fault, type Rule, validatePacking } from './validate.ts';
export { type PlanFault, type PlanRule, validatePlan } from './validate_plan.ts';
