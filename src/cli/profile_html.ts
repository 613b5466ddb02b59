// The page that `transcribe --profile FILE.html` writes: where the time of one window went. One file, nothing from outside.

import { escapeXml } from '../allocator/svg.ts';
import { firstWindow, hostTotals, kernelTotals, type Profile, phaseTotals, type Span } from '../gpu/profile.ts';
import { PAGE_STYLE } from './plan_page.ts';
import { type Flame, flameOf } from './profile_flame.ts';
import { colourOf, LEGEND, PROFILE_SCRIPT, PROFILE_STYLE } from './profile_page.ts';

/** A complete HTML document of the profile's first window. */
export function profilePage(profile: Profile): string {
  const window = firstWindow(profile);
  const title = `${ms(window.duration)} for one window on ${escapeXml(profile.adapter)}`;
  const how =
    profile.timedBy === 'timestamps'
      ? "Dispatches are timed by the device's timestamps."
      : 'Dispatches are timed by a submit each, for want of timestamps, which adds a turn of the event loop to every one.';
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${PAGE_STYLE}${PROFILE_STYLE}</style></head><body><main>`,
    `<h1>${title}</h1><p class="sub">${how} A kernel's first dispatch may hold the driver's compilation of it.</p>`,
    tiles(window),
    `<h2>In order</h2>${timeline(window)}`,
    '<h2>Added up</h2><p class="sub">Width is time. Click a piece to magnify it, the top one for the whole.</p>',
    legend(),
    flame(flameOf(window)),
    kernels(window),
    `</main><div id="tip" hidden></div><script>${PROFILE_SCRIPT}</script></body></html>\n`,
  ].join('\n');
}

function tiles(window: Profile): string {
  const phases = phaseTotals(window);
  const gpu = phases.reduce((sum, phase) => sum + phase.gpu, 0);
  const idle = phases.reduce((sum, phase) => sum + phase.bubbles, 0);
  const host = hostTotals(window).reduce((sum, { wall }) => sum + wall, 0);
  const share = (time: number) => `${((100 * time) / window.duration).toFixed(1)} % of the window`;
  const tile = (name: string, value: string, note: string) =>
    `<div class="tile"><span>${name}</span><b>${value}</b><span>${note}</span></div>`;
  return `<section class="tiles">${[
    tile('dispatches ran', ms(gpu), share(gpu)),
    tile('idle within phases', ms(idle), share(idle)),
    tile('host between phases', ms(host), share(host)),
    tile('dispatches', String(window.dispatches.length), `in ${window.phases.length} runs of phases`),
  ].join('')}</section>`;
}

/** Three lanes over time: phases, the device, the host. */
function timeline({ phases, dispatches, host, duration }: Profile): string {
  const lanes = [
    ['phases', phases.map((span) => ({ ...span, colour: colourOf('phase', span.name) }))],
    ['GPU', dispatches.map(({ site, ...span }) => ({ ...span, name: site.op, colour: colourOf('op', site.op) }))],
    ['host', host.map((span) => ({ ...span, name: `${span.kind} ${span.name}`, colour: colourOf('host', '') }))],
  ] as const;
  const pieces = lanes.map(([name, spans]) => {
    const drawn = joined(spans, duration / 1500).map((span) => {
      const place = `left:${percent(span.begin, duration)};width:${percent(span.end - span.begin, duration)}`;
      const label = span.end - span.begin > duration / 20 && name === 'phases' ? escapeXml(span.name) : '';
      return `<i style="${place};background:${span.colour}" data-tip="${escapeXml(tip(span.name, span.end - span.begin))}">${label}</i>`;
    });
    return `<div class="lane"><b>${name}</b><div>${drawn.join('')}</div></div>`;
  });
  return `<section class="lanes">${pieces.join('\n')}</section>`;
}

/** Neighbours of one colour that are nearer than can be seen, as one. */
function joined<T extends Span & { readonly colour: string }>(spans: readonly T[], seen: number): T[] {
  const all: T[] = [];
  for (const span of [...spans].sort((a, b) => a.begin - b.begin)) {
    const last = all.at(-1);
    if (last && last.colour === span.colour && span.begin - last.end < seen && last.name === span.name) {
      all[all.length - 1] = { ...last, end: Math.max(last.end, span.end) };
    } else all.push(span);
  }
  return all;
}

function legend(): string {
  return `<p class="legend">${LEGEND.map(([name, colour]) => `<span><i class="dot" style="background:${colour}"></i>${name}</span>`).join('')}</p>`;
}

function flame(root: Flame): string {
  const frames: string[] = [];
  let deepest = 0;
  const draw = (node: Flame, begin: number, depth: number) => {
    deepest = Math.max(deepest, depth);
    const text = `${tip(node.name, node.time)}\n${((100 * node.time) / root.time).toFixed(1)} %, ${count(node)}`;
    const place = `left:${percent(begin, root.time)};width:${percent(node.time, root.time)};top:${depth * 26}px`;
    frames.push(
      `<button class="${node.kind}" data-x="${(begin / root.time).toFixed(6)}" data-w="${(node.time / root.time).toFixed(6)}" ` +
        `data-depth="${depth}" data-tip="${escapeXml(text)}" style="${place};background-color:${colourOf(node.kind, node.name)}">${escapeXml(node.name)}</button>`,
    );
    let at = begin;
    for (const child of node.children) {
      draw(child, at, depth + 1);
      at += child.time;
    }
  };
  draw(root, 0, 0);
  return `<section class="flame" style="height:${(deepest + 1) * 26}px">${frames.join('\n')}</section>`;
}

function count({ kind, count }: Flame): string {
  const unit = kind === 'phase' || kind === 'idle' ? 'run' : kind === 'host' ? 'time' : 'dispatch';
  return `${count} ${unit}${count === 1 ? '' : unit === 'dispatch' ? 'es' : 's'}`;
}

function kernels(window: Profile): string {
  const totals = kernelTotals(window);
  const all = totals.reduce((sum, { gpu }) => sum + gpu, 0);
  const rows = totals.slice(0, 20).map(({ phase, kernel, dispatches, gpu, longest, flops, bytes }) => {
    const rate = (amount: number) => (amount > 0 && gpu > 0 ? (amount / gpu / 1e6).toFixed(1) : '&ndash;');
    const cells = [dispatches, ms(gpu), ms(longest), rate(flops), rate(bytes)];
    return `<tr><td>${phase}</td><td>${escapeXml(kernel)}</td>${cells.map((cell) => `<td class="n">${cell}</td>`).join('')}
<td class="meter"><i style="width:${((100 * gpu) / all).toFixed(2)}%"></i></td></tr>`;
  });
  const heads = ['dispatches', 'GPU', 'longest', 'GFLOP/s', 'GB/s']
    .map((name) => `<th class="n">${name}</th>`)
    .join('');
  return `<section><h2>Kernels</h2><table><tr><th>phase</th><th>kernel</th>${heads}<th class="meter">of all dispatches</th></tr>
${rows.join('\n')}</table></section>`;
}

function tip(name: string, time: number): string {
  return `${name}: ${ms(time)}`;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(4)}%`;
}

function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}
