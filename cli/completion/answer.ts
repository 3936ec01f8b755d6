import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import process from 'node:process';
import { readManifest } from '../manifest.js';
import { type Completion, complete, type Known } from './complete.js';

/** What the shell is told: a candidate a line, its description after a tab, at the end `:files` or `:folders`. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Answers `natsctl __complete SHELL WORD...`, which the scripts of cli/completion/scripts.ts call. It does without oclif, since
 * someone waits for it at every press of a key.
 */
export async function answer(argv: readonly string[], from: string): Promise<string> {
  const [mode = '', ...words] = argv;
  const [shell, plain] = mode.split(':');
  const line = shell === 'bash' ? joinedAtEquals(words) : shell === 'powershell' ? withoutStop(words) : words;
  const completion = await complete(line, { manifest: readManifest(from), topics: topicsOf(from), names });
  // Where the word was broken at the `=`, bash replaces what comes after it alone.
  const cut = shell === 'bash' ? (/^--[^=]+=/.exec(line.at(-1) ?? '')?.[0].length ?? 0) : 0;
  return written(completion, cut, plain === undefined);
}

function written({ candidates, directive }: Completion, cut: number, descriptions: boolean): string {
  const lines = candidates
    .filter(({ value }) => !CONTROL.test(value))
    .map(({ value, description }) => {
      const shown = descriptions && description ? `\t${description.split('\n')[0]?.replaceAll('\t', ' ')}` : '';
      return `${value.slice(cut)}${shown}\n`;
    });
  return `${lines.join('')}${directive === undefined ? '' : `:${directive}\n`}`;
}

/** bash breaks `--flag=value` into three words. */
function joinedAtEquals(words: readonly string[]): string[] {
  const line: string[] = [];
  for (const [at, word] of words.entries()) {
    const last = line.at(-1);
    const afterEquals = words[at - 1] === '=' && last?.endsWith('=');
    if (last?.startsWith('--') && (afterEquals || word === '=')) line[line.length - 1] = last + word;
    else line.push(word);
  }
  return line;
}

function withoutStop(words: readonly string[]): string[] {
  return words.map((word, at) => (at === words.length - 1 ? word.replace(/\.$/, '') : word));
}

function topicsOf(from: string): Known['topics'] {
  try {
    return JSON.parse(readFileSync(new URL('../package.json', from), 'utf8')).oclif.topics;
  } catch {
    return {};
  }
}

const names: Known['names'] = async (source, { store, keystore, operator, account }) => {
  const { env } = process;
  const { namesOf } = await import('./names.js');
  const settings = {
    store: store ?? env.NATSCTL_STORE,
    keystore: keystore ?? env.NATSCTL_KEYSTORE,
    env,
    home: env.HOME || homedir(),
    cwd: process.cwd(),
  };
  const place = {
    settings,
    operator: operator ?? env.NATSCTL_OPERATOR,
    account: account ?? env.NATSCTL_ACCOUNT,
  };
  return namesOf(source, place, Math.floor(Date.now() / 1000));
};
