// The page that `plan --html` writes: figures, the picture of the arena, phases, and the largest tensors at the peak. One file, nothing
// from outside.

import { escapeXml } from '../allocator/svg.ts';
import { drawnAs } from './plan_kinds.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './plan_page.ts';
import { planSvg } from './plan_picture.ts';
import type { PlanReport } from './plan_report.ts';
import { arenaRatio, planTitle } from './plan_text.ts';

/** A complete HTML document. */
export function planPage(report: PlanReport): string {
  const { model, totalBytes } = report;
  const title = `${escapeXml(model)}: ${mb(totalBytes)} of GPU memory`;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${PAGE_STYLE}</style></head><body><main>`,
    `<h1>${title}</h1><p class="sub">${escapeXml(planTitle(report))}. Every buffer the engine creates, known before the first dispatch.</p>`,
    tiles(report),
    shares(report),
    figure(planSvg(report, 'arena')),
    ...(weightsMove(report) ? [figure(planSvg(report, 'weights'))] : []),
    phases(report),
    largest(report),
    `</main><div id="tip" hidden></div><script>${PAGE_SCRIPT}</script></body></html>\n`,
  ].join('\n');
}

/** Weights that all live always make a picture of stripes. */
function weightsMove({ plan, graph }: PlanReport): boolean {
  return graph.tensors.some(({ residency }) => residency !== undefined) && plan.weightBytes > 0;
}

/** The figures a reader wants first. */
function tiles(report: PlanReport): string {
  const { plan, uniformBytes, stagingBytes } = report;
  const tile = (name: string, bytes: number, note: string) =>
    `<div class="tile"><span>${name}</span><b>${mb(bytes)}</b><span>${note}</span></div>`;
  return `<section class="tiles">${[
    tile('weights', plan.weightBytes, escapeXml(`kept as ${report.options.weights}, ${report.options.mode}`)),
    tile('arena', plan.arenaBytes, `${arenaRatio(report).toFixed(4)} &times; the lower bound`),
    tile('uniforms and staging', uniformBytes + stagingBytes, 'parameters, upload, read-back'),
    tile(
      'without reuse',
      plan.naiveBytes,
      `the arena saves ${(100 * (1 - plan.arenaBytes / plan.naiveBytes)).toFixed(0)} %`,
    ),
  ].join('')}</section>`;
}

/** One bar of the whole memory. */
function shares({ plan, uniformBytes, stagingBytes, totalBytes }: PlanReport): string {
  const parts = [
    ['weights', plan.weightBytes],
    ['arena', plan.arenaBytes],
    ['rest', uniformBytes + stagingBytes],
  ] as const;
  const bar = parts.map(([name, bytes]) => {
    return `<i class="${name}" style="width:${((100 * bytes) / totalBytes).toFixed(3)}%" title="${name}: ${mb(bytes)}"></i>`;
  });
  return `<div class="bar">${bar.join('')}</div>`;
}

function figure(svg: string): string {
  return `<figure>${svg}<figcaption>Drag to magnify, double-click for the whole. Widths go by nodes; short phases are widened. The black line is
what is live at each moment.</figcaption></figure>`;
}

function phases({ phases: all, plan }: PlanReport): string {
  const rows = all.map(({ name, nodes, peakBytes }) => {
    const share = (100 * peakBytes) / plan.arenaBytes;
    return `<tr><td>${name}</td><td class="n">${nodes}</td><td class="n">${mb(peakBytes)}</td><td class="meter"><i style="width:${share.toFixed(2)}%"></i></td></tr>`;
  });
  return `<section><h2>Phases</h2><table><tr><th>phase</th><th class="n">nodes</th><th class="n">live at most</th><th class="meter">of the arena</th></tr>
${rows.join('\n')}</table></section>`;
}

function largest({ largest: groups, peakPhase, peakNode }: PlanReport): string {
  const rows = groups.map(({ name, kind, count, bytes, remedy }) => {
    const { colour, name: kindName } = drawnAs(kind);
    return `<tr><td><i class="dot" style="background:${colour}" title="${escapeXml(kindName)}"></i>${escapeXml(name)}</td><td class="n">${count}</td>
<td class="n">${mb(bytes)}</td><td>${escapeXml(remedy)}</td></tr>`;
  });
  return `<section><h2>Largest at the peak</h2><p class="sub">The arena is fullest in phase ${escapeXml(peakPhase)}, at ${escapeXml(peakNode)}.</p>
<table><tr><th>tensors</th><th class="n">count</th><th class="n">bytes</th><th>what would make them smaller</th></tr>
${rows.join('\n')}</table></section>`;
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}
