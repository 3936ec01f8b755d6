import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../cli/manifest.js';
import { commandsPage, servicePage } from '../../scripts/docs-cli.mjs';
import { makeHome, run } from './harness.js';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = read('oclif.manifest.json') as Manifest;
const ids = Object.keys(manifest.commands);

it('docs/service.md has the settings as they are: `npm run docs` writes them', () => {
  const page = readFileSync('docs/service.md', 'utf8');
  expect(page).toContain('`--tls-client-auth');
  expect(servicePage(page, manifest)).toBe(page);
});

describe('docs/cli.md', () => {
  it('is what the commands say now: `npm run docs` writes it', () => {
    expect(readFileSync('docs/cli.md', 'utf8')).toBe(commandsPage(manifest, read('package.json')));
  });

  it('has every command, and every flag with its variable', () => {
    const page = readFileSync('docs/cli.md', 'utf8');
    for (const id of ids) expect(page).toMatch(new RegExp(`^###? ${id.replaceAll(':', ' ')}$`, 'm'));
  });

  it('names a variable for every flag, but where two would clash', () => {
    const without = ids.flatMap((id) =>
      Object.values(manifest.commands[id]?.flags ?? {})
        .filter((flag) => !('env' in flag) && !flag.hidden)
        .map(({ name }) => `${id} --${name}`),
    );
    expect(without).toEqual([]);
  });

  it('describes every topic', () => {
    const { topics } = read('package.json').oclif as { topics: Record<string, unknown> };
    const needed = new Set(
      ids.flatMap((id) =>
        id
          .split(':')
          .slice(0, -1)
          .map((_, n, all) => all.slice(0, n + 1).join(' ')),
      ),
    );
    expect(Object.keys(topics).sort()).toEqual([...needed].sort());
  });
});

describe('--help', () => {
  /** Lines that cannot be broken: a usage, one long word, a flag with its choices. Examples are there to be pasted. */
  const unbreakable = /^\s*(\$ |-|<|\S+$)/;

  it.each([40, 80])('of every command is readable at %d columns', { timeout: 120_000 }, async (columns) => {
    const home = makeHome();
    Object.assign(home.env, { OCLIF_COLUMNS: String(columns), COLUMNS: String(columns) });
    try {
      // A few at a time: each is a start of the program.
      const waiting = [...ids];
      const worker = async () => {
        for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
          const words = id.split(':');
          const { code, stdout, stderr } = await run(home, [...words, '--help']);
          expect({ code, stderr }, id).toEqual({ code: 0, stderr: '' });
          expect(stdout, id).toMatch(/^USAGE/m);
          expect(stdout, id).toMatch(/^EXAMPLES/m);
          expect(stdout, id).not.toMatch(/undefined|<%|\[object/);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
          expect(stdout, id).not.toMatch(/\u001b/);
          const [beforeExamples = ''] = stdout.split(/^EXAMPLES$/m);
          const long = beforeExamples.split('\n').filter((line) => line.length > columns && !unbreakable.test(line));
          expect(long, `${id} at ${columns}`).toEqual([]);
        }
      };
      await Promise.all([worker(), worker()]);
    } finally {
      home.remove();
    }
  });
});
