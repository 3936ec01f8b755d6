import { wireBytes } from './text.js';

const LINE = 'NATS/1.0\r\n';

/**
 * A header block with one field set by the broker: every copy the sender wrote, in whatever letter case, is removed first
 * (CVE-2026-33246, CVE-2026-33223: removing only the first one let a client name itself as another).
 */
export function withField(block: Buffer | null, name: string, value: string): Buffer {
  const text = block === null || block.length <= 2 ? LINE : stripField(block.toString('latin1', 0, block.length), name);
  const end = text.endsWith('\r\n') ? text : `${text}\r\n`;
  return wireBytes(`${end}${name}: ${value}\r\n\r\n`);
}

/** The block without its closing empty line and without the lines of that field. */
function stripField(block: string, name: string): string {
  const wanted = name.toLowerCase();
  const kept: string[] = [];
  let dropping = false;
  // A bare LF ends a line for lenient readers (Go's textproto): judge lines as they do.
  for (const line of block.split(/\r?\n/)) {
    if (line === '') continue;
    // A line that starts with a blank continues the one before it.
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (!dropping) kept.push(line);
      continue;
    }
    const colon = line.indexOf(':');
    dropping = colon !== -1 && line.slice(0, colon).trim().toLowerCase() === wanted;
    if (!dropping) kept.push(line);
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
