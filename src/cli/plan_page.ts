// Style and script of the page that `plan --html` writes.

export const PAGE_STYLE = `
:root{color-scheme:light dark;--ink:#111827;--soft:#6b7280;--rule:#e5e7eb;--page:#fff;--card:#f9fafb;--weights:#9ec5f4;--arena:#f7b267;--rest:#b8bec8}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 Inter,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif}
main{max-width:1320px;margin:0 auto;padding:36px 24px 64px}
h1{font-size:26px;margin:0}h2{font-size:18px;margin:40px 0 4px}.sub{color:var(--soft);margin:4px 0 16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:24px 0 12px}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 16px;display:grid}
.tile b{font-size:22px;font-weight:600}.tile span{color:var(--soft);font-size:13px}
.bar{display:flex;height:12px;border-radius:6px;overflow:hidden;margin:0 0 24px}
.weights{background:var(--weights)}.arena{background:var(--arena)}.rest{background:var(--rest);min-width:2px}
figure{margin:0 0 16px;border:1px solid var(--rule);border-radius:8px;overflow:hidden}
figure svg{display:block;width:100%;height:auto;cursor:crosshair;user-select:none;touch-action:none}
figcaption{padding:8px 16px;font-size:13px;color:var(--soft);border-top:1px solid var(--rule)}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{padding:6px 12px 6px 0;border-bottom:1px solid var(--rule);text-align:left}
th{font-weight:600;color:var(--soft);font-size:13px}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:24px}
.meter{width:45%}.meter i{display:block;height:10px;border-radius:5px;background:var(--arena)}
.dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:8px}
#tip{position:fixed;pointer-events:none;white-space:pre;background:#111827;color:#f9fafb;font-size:12px;line-height:1.45;padding:6px 10px;border-radius:6px}
svg.faded .buffer:not(.chosen){opacity:.15}svg.magnified *{vector-effect:non-scaling-stroke}svg.magnified .label{display:none}
.frame{fill:#11182722;stroke:#111827;stroke-width:1}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#9ca3af;--rule:#374151;--page:#111827;--card:#1f2937}figure{background:#fff}}
`;

/** Particulars beside the pointer, kinds picked out by their entry in the legend, and a part magnified by dragging over it. */
export const PAGE_SCRIPT = `
const tip = document.getElementById('tip');
for (const svg of document.querySelectorAll('svg.memory')) {
  const whole = svg.getAttribute('viewBox');
  const frame = svg.appendChild(document.createElementNS(svg.namespaceURI, 'rect'));
  frame.setAttribute('class', 'frame');
  let from;
  const at = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const span = (a, b) => [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
  const show = (box, magnified) => {
    svg.setAttribute('viewBox', box);
    svg.setAttribute('preserveAspectRatio', magnified ? 'none' : 'xMidYMid');
    svg.classList.toggle('magnified', magnified);
  };
  const select = (box) => ['x', 'y', 'width', 'height'].forEach((name, i) => frame.setAttribute(name, box[i]));
  for (const title of svg.querySelectorAll('title')) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  svg.addEventListener('pointerdown', (event) => { event.preventDefault(); from = at(event); });
  svg.addEventListener('pointermove', (event) => {
    if (from) select(span(from, at(event)));
    const text = event.target.dataset.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
    tip.style.top = Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8) + 'px';
  });
  svg.addEventListener('pointerup', (event) => {
    const box = from && span(from, at(event));
    from = undefined;
    select([0, 0, 0, 0]);
    if (box && box[2] > 2 && box[3] > 2) show(box.join(' '), true);
  });
  svg.addEventListener('pointerleave', () => { tip.hidden = true; from = undefined; select([0, 0, 0, 0]); });
  svg.addEventListener('dblclick', () => show(whole, false));
  for (const entry of svg.querySelectorAll('[data-kind]')) {
    const colour = entry.querySelector('rect').getAttribute('fill');
    entry.addEventListener('pointerenter', () => {
      svg.classList.add('faded');
      for (const rect of svg.querySelectorAll('.buffer')) rect.classList.toggle('chosen', rect.getAttribute('fill') === colour);
    });
    entry.addEventListener('pointerleave', () => svg.classList.remove('faded'));
  }
}
`;
