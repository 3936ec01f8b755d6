import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressLine, startProgress } from '../../../../cli/output/progress.js';

describe('the progress of long work', () => {
  let clock = 0;
  beforeEach(() => {
    clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const terminal = (isTTY: boolean) => {
    const written: string[] = [];
    return { isTTY, columns: 40, write: (text: string) => written.push(text), written };
  };

  it('is drawn on one line and taken away at the end', () => {
    const stream = terminal(true);
    const progress = startProgress('pushing', 10, stream);
    clock = 1000;
    progress.advance(5);
    progress.end();
    expect(stream.written).toEqual(['\rpushing [############            ] 5/10', '\r\u001b[K']);
  });

  it('is not drawn for work that is over at once, nor more often than anyone can read', () => {
    const stream = terminal(true);
    const progress = startProgress('pushing', 1000, stream);
    for (clock = 0; clock < 250; clock++) progress.advance();
    expect(stream.written).toEqual([]);
    for (; clock < 1000; clock++) progress.advance();
    expect(stream.written.length).toBeLessThanOrEqual(8);
    expect(stream.written.length).toBeGreaterThan(5);
  });

  it('writes nothing to a pipe, to a dumb terminal, or without a stream', () => {
    const pipe = terminal(false);
    const dumb = terminal(true);
    const onPipe = startProgress('x', 2, pipe);
    vi.stubEnv('TERM', 'dumb');
    const onDumb = startProgress('x', 2, dumb);
    const nowhere = startProgress('x', 2, null);
    clock = 5000;
    for (const progress of [onPipe, onDumb, nowhere]) {
      progress.advance();
      progress.end();
    }
    expect([pipe.written, dumb.written]).toEqual([[], []]);
  });

  it('fits every terminal', () => {
    for (let columns = 1; columns < 120; columns++) {
      expect(progressLine('pushing', 7, 1000, columns).length).toBeLessThan(columns);
    }
    expect(progressLine('none', 0, 0, 20)).toBe('none [########] 0/0');
  });
});
