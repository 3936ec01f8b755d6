import process from 'node:process';
import { safeText } from './safe-text.js';

/** Shows how far a long piece of work is. */
export interface Progress {
  /** So many more are done; one where nothing is said. */
  advance(count?: number): void;
  /** Takes the line away; also after a fault. */
  end(): void;
}

/** What is used of a terminal. */
interface Terminal {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** A terminal is slow; nobody reads faster. */
const REDRAW_MS = 100;
/** Shorter work is over before the eye has found the line. */
const SHOW_AFTER_MS = 300;
const BAR_WIDTH = 30;

/**
 * One line that is drawn over and over: `pushing [#####     ] 120/1000`. Nothing where the stream is no terminal, or a dumb one.
 *
 * @param stream null for no output at all
 */
export function startProgress(label: string, total: number, stream: Terminal | null = process.stderr): Progress {
  if (!stream?.isTTY || process.env.TERM === 'dumb') return { advance() {}, end() {} };
  let done = 0;
  let drawnAt = performance.now() + SHOW_AFTER_MS - REDRAW_MS;
  let shown = false;
  return {
    advance(count = 1) {
      done = Math.min(done + count, total);
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      shown = true;
      stream.write(`\r${progressLine(safeText(label), done, total, stream.columns ?? 80)}`);
    },
    end() {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}

/** The line as wide as the terminal lets it be, one column free so that it never wraps. */
export function progressLine(label: string, done: number, total: number, columns: number): string {
  const count = ` ${done}/${total}`;
  const room = columns - 1 - label.length - count.length - 3;
  if (room < 5) return `${label}${count}`.slice(0, Math.max(0, columns - 1));
  const width = Math.min(BAR_WIDTH, room);
  const filled = total === 0 ? width : Math.floor((width * done) / total);
  return `${label} [${'#'.repeat(filled)}${' '.repeat(width - filled)}]${count}`;
}
