import { describe, expect, it } from 'vitest';
import { safeBlock, safeText } from '../../../../cli/output/safe-text.js';
import { pairs, table } from '../../../../cli/output/table.js';
import { showTime } from '../../../../cli/output/time.js';

describe('text from outside on a terminal', () => {
  it('cannot move the cursor, write the clipboard, end the line or turn the direction', () => {
    const osc = '\u001b]52;c;ZXZpbA==\u0007';
    expect(safeText(`a${osc}b\r\nc\u009b2Jd\u202ee\tf`)).toBe(
      'a\\x1b]52;c;ZXZpbA==\\x07b\\x0d\\x0ac\\x9b2Jd\\u202ee\\x09f',
    );
    expect(safeText('é 漢 🍕')).toBe('é 漢 🍕');
    expect(safeBlock('a\n\tb\u001b[2J')).toBe('a\n\tb\\x1b[2J');
  });
});

describe('tables', () => {
  const rows = [
    ['a', 'x'.repeat(20), '1'],
    ['漢字', 'y', '22'],
  ];
  it('align columns by the width they take', () => {
    expect(table(['NAME', 'KEY', 'N'], rows, 80)).toBe(
      ['NAME  KEY                   N', `a     ${'x'.repeat(20)}  1`, `漢字  y${' '.repeat(19)}  22`, ''].join('\n'),
    );
  });
  it('become blocks on a narrow terminal, and lose nothing', () => {
    const text = table(['NAME', 'KEY', 'N'], rows, 20);
    expect(text).toBe(`name  a\nkey   ${'x'.repeat(20)}\nn     1\n\nname  漢字\nkey   y\nn     22\n`);
  });
  it('have one line a row whatever is in it', () => {
    expect(table(['A'], [['x\ny\u001b[1A']], 80).split('\n')).toHaveLength(3);
    expect(pairs([['a', 'x\ny']])).toBe('a  x\\x0ay\n');
  });
  it('leave out what has no value', () => {
    expect(
      pairs([
        ['a', ''],
        ['bb', 0],
        ['c', undefined],
        ['d', null],
      ]),
    ).toBe('bb  0\n');
  });
});

it('times are shown in UTC, and none as never', () => {
  expect([0, undefined, 1_800_000_000].map(showTime)).toEqual(['never', 'never', '2027-01-15T08:00:00Z']);
  expect(showTime(Number.MAX_SAFE_INTEGER)).toBe(String(Number.MAX_SAFE_INTEGER));
});
