import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { peer } from '../peers.js';
import { FLAGS_OF_NSC, GLOBAL_OF_NSC } from '../unit/cli/nsc/flags-of-nsc.js';

/** What the unit tests take for nsc's flags is what nsc says they are. */
describe.skipIf(!peer('nsc'))("nsc's own help", () => {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-nsc-help-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const help = (words: string[]) => {
    const env = { PATH: process.env.PATH, HOME: home };
    const ended = spawnSync(peer('nsc') as string, [...words, '--help'], { env, cwd: home, encoding: 'utf8' });
    return ended.stdout + ended.stderr;
  };
  const flagsIn = (section: string) =>
    [...section.matchAll(/^\s+(?:-(\w), )?--([\w-]+)(?: (\S+))? {2}/gm)]
      .map(([, char, name, value]) => `${char ? `${char}/` : ''}${name}${value ? '=' : ''}`)
      .filter((flag) => !/^(h\/)?help$/.test(flag));
  const section = (text: string, title: string) => text.split(`\n${title}:\n`)[1]?.split('\n\n')[0] ?? '';

  /** `init` and `describe` list the persistent ones beside their own. */
  it.each(Object.entries(FLAGS_OF_NSC))('%s', (command, flags) => {
    const text = help(command.split(' '));
    const all = new Set([...flagsIn(section(text, 'Flags')), ...flagsIn(section(text, 'Global Flags'))]);
    const globals = new Set(GLOBAL_OF_NSC.split(' '));
    expect([...all].filter((flag) => !globals.has(flag)).sort()).toEqual(flags.split(' ').filter(Boolean).sort());
  });

  it('has no command that is not in the list', () => {
    const commandsIn = (text: string) =>
      [...section(text, 'Available Commands').matchAll(/^ {2}([\w-]+) /gm)].map(([, name]) => name as string);
    const listed = new Set(Object.keys(FLAGS_OF_NSC).flatMap((words) => [words.split(' ')[0], words]));
    const unlisted = commandsIn(help([]))
      .filter((name) => name !== 'help')
      .flatMap((topic) => {
        const below = commandsIn(help([topic])).map((name) => `${topic} ${name}`);
        return [topic, ...below].filter((words) => !listed.has(words));
      });
    // Two below it, each in the list.
    expect(unlisted).toEqual(['generate diagram']);
  });
});
