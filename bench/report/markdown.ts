// Tables and lists of the suites' reports.

export type Cells = readonly string[];

/** The first `left` columns are text, the others numbers. Empty where there are no rows. */
export function table(header: Cells, left: number, rows: readonly Cells[]): string {
  const rule = header.map((_, i) => (i < left ? '---' : '--:'));
  return rows.length === 0 ? '' : [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** MB = 1e6 bytes; a dash where nothing was measured. */
export function mb(bytes: number | undefined, digits = 1): string {
  return bytes === undefined ? '-' : (bytes / 1e6).toFixed(digits);
}

/** Each distinct text and the names of those that gave it. */
export function textList(heard: readonly { readonly text: string; readonly name: string }[]): string {
  const from = new Map<string, string[]>();
  for (const { text, name } of heard) from.set(text.trim(), [...(from.get(text.trim()) ?? []), name]);
  return list([...from].map(([text, names]) => `"${text}" - ${names.join('; ')}`));
}
