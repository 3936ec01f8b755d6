import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core';

/**
 * The short way in: a command that is named by its words is loaded by its file and run, and nothing else is looked for. oclif's
 * own way (plug-ins, manifest, topics, hooks) takes longer than most commands; help and words that are no command go it.
 */

/** Words of each command, and of its aliases, to its file: `dist/bundle/commands.json`, which scripts/manifest.mjs writes. */
export type CommandFiles = Record<string, string>;

const HELP = new Set(['--help', '-h']);

/** @returns false where this is not for a command to answer: nothing was run */
export async function runDirectly(argv: readonly string[], from: string): Promise<boolean> {
  const bundle = new URL('../dist/bundle/', from);
  const found = commandOf(argv, readCommandFiles(new URL('commands.json', bundle)));
  if (found === null) return false;
  const { default: Found } = (await import(new URL(`commands/${found.file}`, bundle).href)) as CommandModule;
  Found.id = found.file.slice(0, -'.js'.length).replaceAll('/', ':');
  await new Found(found.rest, minimalConfig(from))._run();
  return true;
}

interface CommandModule {
  default: (new (argv: string[], config: Command['config']) => { _run(): Promise<unknown> }) & { id: string };
}

/** The longest run of words that is a command, and what is left for it to read. */
export function commandOf(argv: readonly string[], files: CommandFiles): { file: string; rest: string[] } | null {
  const end = argv.indexOf('--');
  if (argv.slice(0, end === -1 ? argv.length : end).some((word) => HELP.has(word))) return null;
  const flag = argv.findIndex((word) => word.startsWith('-'));
  const most = Math.min(MOST_WORDS, flag === -1 ? argv.length : flag);
  for (let words = most; words > 0; words--) {
    const name = argv.slice(0, words).join(' ');
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file !== undefined) return { file, rest: argv.slice(words) };
  }
  return null;
}

const MOST_WORDS = 3;

function readCommandFiles(file: URL): CommandFiles {
  return JSON.parse(readFileSync(file, 'utf8')) as CommandFiles;
}

/** What a command asks of its configuration while it runs. */
function minimalConfig(from: string): Command['config'] {
  const root = fileURLToPath(new URL('..', from));
  const config = {
    bin: 'natsctl',
    dirname: 'natsctl',
    name: 'natsctl',
    root,
    topicSeparator: ' ',
    runHook: async () => ({ successes: [], failures: [] }),
    scopedEnvVar: (name: string) => process.env[`NATSCTL_${name}`],
    scopedEnvVarKey: (name: string) => `NATSCTL_${name}`,
    scopedEnvVarKeys: (name: string) => [`NATSCTL_${name}`],
  };
  return config as unknown as Command['config'];
}
