import { describe, expect, it } from 'vitest';
import { importCycle } from '../../../../claims/account/import-cycle.js';
import type { Import } from '../../../../claims/types.js';

const stream = (account: string, subject: string, local?: string): Import => ({
  account,
  subject,
  type: 'stream',
  ...(local !== undefined && { local_subject: local }),
});
const world = (imports: Record<string, Import[]>) => (account: string) => imports[account] ?? [];

describe('importCycle', () => {
  it('follows overlapping local subjects back to the importer', () => {
    expect(importCycle('A', stream('B', 'x'), world({ B: [stream('A', 'x')] }))).toEqual(['B', 'A']);
    expect(
      importCycle(
        'A',
        stream('B', 'x.>'),
        world({ B: [stream('C', 'y.>', 'x.eu.>')], C: [stream('A', 'x.>', 'y.>')] }),
      ),
    ).toEqual(['B', 'C', 'A']);
  });

  it('finds none where subjects, kinds or accounts do not meet', () => {
    expect(importCycle('A', stream('B', 'x'), world({ B: [stream('A', 'y')] }))).toBeNull();
    expect(importCycle('A', stream('B', 'x', 'z'), world({ B: [stream('A', 'x')] }))).toBeNull();
    expect(importCycle('A', stream('B', 'x'), world({ B: [{ ...stream('A', 'x'), type: 'service' }] }))).toBeNull();
    expect(importCycle('A', stream('B', 'x'), world({}))).toBeNull();
  });

  it('ends where others go round in a circle, and where an import cannot be read', () => {
    const imports = { B: [stream('C', 'x')], C: [stream('B', 'x'), stream('A', 'a.*', 'x.*.*')] };
    expect(importCycle('A', stream('B', 'x'), world(imports))).toBeNull();
  });
});
