// Colours, style and script of the page that `transcribe --profile` writes, beside those it shares with `plan --html`.

import type { Flame } from './profile_flame.ts';

const COLOURS = {
  phase: '#9db4d3',
  scope: '#c9d6e8',
  linear: '#f7b267',
  attention: '#ef8a80',
  norm: '#8ecfa9',
  other: '#c5b3e6',
  host: '#b8bec8',
  idle: '#e5e7eb',
} as const;

export const LEGEND: readonly (readonly [name: string, colour: string])[] = [
  ['phase', COLOURS.phase],
  ['part of the model', COLOURS.scope],
  ['matrix products', COLOURS.linear],
  ['attention', COLOURS.attention],
  ['layer norm', COLOURS.norm],
  ['other ops', COLOURS.other],
  ['host', COLOURS.host],
  ['idle within a phase', COLOURS.idle],
];

export function colourOf(kind: Flame['kind'], name: string): string {
  if (kind === 'window') return COLOURS.phase;
  if (kind !== 'op') return COLOURS[kind];
  if (name.startsWith('linear')) return COLOURS.linear;
  if (name.includes('attention')) return COLOURS.attention;
  return name.startsWith('layer_norm') ? COLOURS.norm : COLOURS.other;
}

export const PROFILE_STYLE = `
.lanes{border:1px solid var(--rule);border-radius:8px;padding:10px 12px;background:#fff;color:#111827}
.lane{display:flex;align-items:center;height:30px;font-size:13px}.lane b{width:64px;font-weight:600;color:#6b7280}
.lane div{position:relative;flex:1;height:22px;background:#f3f4f6}
.lane i{position:absolute;top:0;height:22px;min-width:1px;font-style:normal;font-size:12px;line-height:22px;padding:0;overflow:hidden;white-space:nowrap;text-indent:4px;box-sizing:border-box;border-right:1px solid #fff8}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:0 0 10px}
.flame{position:relative;overflow:hidden;border-radius:8px}
.flame button{position:absolute;height:25px;margin:0;padding:0 4px;border:0;border-right:1px solid #fff;border-radius:0;font:12px/25px inherit;font-family:inherit;color:#111827;text-align:left;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;cursor:pointer;min-width:0;box-sizing:border-box}
.flame button:hover{filter:brightness(.93)}.flame .above{opacity:.55}.flame .narrow{padding:0;font-size:0}
.flame .idle{background-image:repeating-linear-gradient(135deg,transparent 0 5px,#0000000d 5px 10px);color:#6b7280}
`;

/** Particulars beside the pointer, and a piece of the flame magnified by a click. */
export const PROFILE_SCRIPT = `
const tip = document.getElementById('tip');
document.addEventListener('pointermove', (event) => {
  const text = event.target.dataset?.tip;
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
  tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + 'px';
});
const frames = [...document.querySelectorAll('.flame button')];
const box = ({ dataset: { x, w, depth } }) => ({ x: Number(x), w: Number(w), depth: Number(depth) });
const fit = () => { for (const frame of frames) frame.classList.toggle('narrow', frame.offsetWidth < 26); };
const magnify = (to) => {
  for (const frame of frames) {
    const { x, w, depth } = box(frame);
    const above = depth < to.depth && x <= to.x && x + w >= to.x + to.w - 1e-6;
    const left = above ? 0 : (x - to.x) / to.w;
    const width = above ? 1 : w / to.w;
    frame.classList.toggle('above', above);
    frame.hidden = left >= 1 - 1e-6 || left + width <= 1e-6 || (depth <= to.depth && !above && x !== to.x);
    frame.style.left = 100 * left + '%';
    frame.style.width = 100 * width + '%';
  }
  fit();
};
for (const frame of frames) frame.addEventListener('click', () => magnify(box(frame)));
fit();
`;
