import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledOf, loadCompiled } from '../../../cli/compiled.js';

let folder: string;
let script: URL;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'natsctl-compiled-'));
  script = pathToFileURL(path.join(folder, 'script.cjs'));
  writeFileSync(script, `exports.sep = require('node:path').sep; exports.twice = (n) => 2 * n; // é`);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a script with what was compiled of it beside it', () => {
  it.each([
    ['none', () => null],
    ['what the build made', () => compiledOf(script)],
    ['that of another script', () => new Script('1 + 1').createCachedData()],
    ['half of a file', () => compiledOf(script).subarray(0, 40)],
    ['no such thing', () => Buffer.from('not of V8')],
  ])('runs with %s', (_, compiled) => {
    const bytes = compiled();
    // Under another name, since this process knows the first one.
    const again = new URL('again.cjs', script);
    writeFileSync(again, `exports.sep = require('node:path').sep; exports.twice = (n) => 2 * n; // é`);
    if (bytes !== null) writeFileSync(`${fileURLToPath(again)}.v8`, bytes);
    const { sep, twice } = loadCompiled(again) as { sep: string; twice(n: number): number };
    expect(sep).toBe(path.sep);
    expect(twice(21)).toBe(42);
  });
});
