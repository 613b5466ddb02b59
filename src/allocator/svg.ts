// The few SVG elements that drawings are made of, as strings.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function line(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<path class="${kind}" d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}"/>`;
}

export function text(x: number, y: number, content: string, kind = '', anchor: 'start' | 'middle' | 'end' = 'start') {
  const attributes = `${kind && ` class="${kind}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escapeXml(content)}</text>`;
}

/** A rectangle; `title` shows on hover. */
export function rectangle({ x, y, width, height }: Box, kind: string, colour = '', title = ''): string {
  const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const open = `<rect class="${kind}" ${box}${colour && ` fill="${colour}"`}`;
  return title === '' ? `${open}/>` : `${open}><title>${escapeXml(title)}</title></rect>`;
}

/** Hundredths of a pixel are enough, even magnified. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
