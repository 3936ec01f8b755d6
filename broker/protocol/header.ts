import { wireBytes } from './text.js';

const LINE = 'NATS/1.0\r\n';
/** What no name of a field holds: controls, blanks, and what is not ASCII. */
const NO_NAME = /[^\x21-\x7e]/g;

/**
 * A header block with one field set by the broker: every copy the sender wrote, in whatever letter case, is removed first
 * (CVE-2026-33246, CVE-2026-33223: removing only the first one let a client name itself as another).
 */
export function withField(block: Buffer | null, name: string, value: string): Buffer {
  const text = block === null || block.length <= 2 ? LINE : stripField(block.toString('latin1', 0, block.length), name);
  const end = text.endsWith('\r\n') ? text : `${text}\r\n`;
  return wireBytes(`${end}${name}: ${value}\r\n\r\n`);
}

/**
 * The block without its closing empty line and without the lines of that field. What is a line and what is a name is judged
 * as the most lenient reader does: some end a line at a bare LF (Go's textproto) or a bare CR (Python's email), and some
 * take blanks and controls off a name or do not know folded lines.
 */
function stripField(block: string, name: string): string {
  const wanted = name.toLowerCase();
  const isWanted = (line: string): boolean => {
    const colon = line.indexOf(':');
    return colon >= wanted.length && line.slice(0, colon).replace(NO_NAME, '').toLowerCase() === wanted;
  };
  const kept: string[] = [];
  let dropping = false;
  for (const line of block.split(/\r?\n/)) {
    if (line === '') continue;
    // A line that starts with a blank continues the one before it.
    const continues = line.startsWith(' ') || line.startsWith('\t');
    const parts = line.includes('\r') ? line.split('\r') : [line];
    const left = parts.filter((part) => !isWanted(part));
    if (left.length > 0 && !(continues && dropping)) kept.push(left.join('\r'));
    dropping = isWanted(parts[parts.length - 1] as string) || (continues && dropping);
  }
  if (kept.length === 0 || !(kept[0] as string).startsWith('NATS/')) kept.unshift('NATS/1.0');
  return `${kept.join('\r\n')}\r\n`;
}

/** Value of a field, compared without letter case; null when absent. */
export function fieldOf(block: Buffer, name: string): string | null {
  const wanted = name.toLowerCase();
  for (const line of block.toString('latin1', 0, block.length).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon !== -1 && line.slice(0, colon).toLowerCase() === wanted) return line.slice(colon + 1).trim();
  }
  return null;
}
