import { exportLabel, type Graph, importLabel } from './model.js';

const LINE = 18;
const GAP = 28;
const BOX_X = 20;
const LETTER = 7.5;

/** A picture without any program: accounts in a column, what goes between them as arcs to their right. */
export function toSvg({ accounts, imports }: Graph): string {
  const lines = accounts.map(({ name, unusedExports }) => [name, ...unusedExports.map(exportLabel)]);
  const boxWidth = Math.max(120, ...lines.flat().map((line) => line.length * LETTER + 24));
  const right = BOX_X + boxWidth;
  const middles = new Map<string, number>();
  const parts: string[] = [];
  let y = 20;
  for (const [index, { key, known, system }] of accounts.entries()) {
    const own = lines[index] ?? [];
    const height = own.length * LINE + 14;
    const dash = known ? '' : ' stroke-dasharray="4"';
    parts.push(
      `<rect x="${BOX_X}" y="${y}" width="${boxWidth}" height="${height}" rx="4" fill="none" stroke="#333" stroke-width="${system ? 3 : 1}"${dash}/>`,
      ...own.map((line, at) => {
        const weight = at === 0 ? ' font-weight="bold"' : '';
        return `<text x="${BOX_X + 12}" y="${y + 20 + at * LINE}"${weight}>${text(line)}</text>`;
      }),
    );
    middles.set(key, y + height / 2);
    // Room for the names of the arcs.
    y += height + GAP + imports.filter(({ to }) => to === key).length * LINE;
  }
  let width = right + 40;
  const ends = new Map<string, number>();
  const end = (key: string): number => {
    const nth = ends.get(key) ?? 0;
    ends.set(key, nth + 1);
    return (middles.get(key) ?? 0) + nth * 5;
  };
  for (const [index, each] of imports.entries()) {
    const [from, to] = each.type === 'stream' ? [each.from, each.to] : [each.to, each.from];
    const [start, stop] = [end(from), end(to)];
    const reach = right + 60 + index * 14;
    const colour = each.state === 'broken' ? '#c00' : '#333';
    const dash = each.type === 'stream' ? '' : ' stroke-dasharray="5 3"';
    const label = importLabel(each);
    const labelX = right + 24 + (reach - right) * 0.75;
    parts.push(
      `<path d="M${right} ${start} C${reach} ${start} ${reach} ${stop} ${right} ${stop}" fill="none" stroke="${colour}"${dash} marker-end="url(#to)"/>`,
      `<text x="${labelX}" y="${(start + stop) / 2 + 4 + (index % 3) * LINE}" fill="${colour}">${text(label)}</text>`,
    );
    width = Math.max(width, labelX + label.length * LETTER + 20);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${y}" font-family="sans-serif" font-size="13">`,
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** Names come from JWTs: nothing of them is markup. Control characters are not XML at all, and nothing turns the direction. */
function text(value: string): string {
  return value
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Surrogate}\u2028\u2029\ufffe\uffff]/gu, '?')
    .replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
