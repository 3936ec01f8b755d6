import process from 'node:process';
import { safeText } from './safe-text.js';

/**
 * Plain columns, no frames and no colours: made to be read, and to be cut by `awk`. Nothing is ever shortened when stdout is
 * not a terminal; on a narrow one every row becomes a block of `heading  value` lines instead of breaking in the middle.
 */
export function table(headings: string[], rows: string[][], width: number = terminalWidth()): string {
  const cells = [headings, ...rows.map((row) => row.map(safeText))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => displayWidth(row[column] ?? ''))));
  const total = widths.reduce((sum, one) => sum + one + 2, -2);
  if (total > width && rows.length > 0) {
    return rows.map((row) => pairs(headings.map((heading, i) => [heading.toLowerCase(), row[i] ?? '']))).join('\n');
  }
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, i) => pad(cell, i === row.length - 1 ? 0 : (widths[i] ?? 0)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** `name  value` lines, aligned. Empty values are left out. */
export function pairs(entries: [string, string | number | undefined | null][]): string {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const widest = Math.max(0, ...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, value]) => `${pad(name, widest)}  ${safeText(String(value))}\n`).join('');
}

function terminalWidth(): number {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Columns a text takes: wide characters (CJK, emoji) two, combining ones none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.normalize('NFC')) {
    if (/\p{Mark}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
