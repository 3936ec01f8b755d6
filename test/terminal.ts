import { execFile } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { inject } from 'vitest';
import { peer } from './peers.js';

export interface Step {
  /** What has to be on the screen first. */
  wait: RegExp;
  send: string;
}

export const KEYS = {
  enter: '\r',
  down: '\u001b[B',
  ctrlC: '\u0003',
  /** Clears the line, in a shell. */
  ctrlU: '\u0015',
  tab: '\t',
};

export interface OnTerminal {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Seconds. */
  timeout?: number;
  steps?: Step[];
  columns?: number;
  /** stdout is a pipe; stdin and stderr are the terminal. */
  pipe?: boolean;
  program?: string;
}

export interface Ended {
  code: number;
  /** As the terminal got it. */
  raw: string;
  /** Without escape sequences, lines ended by \n. */
  screen: string;
  stdout: string;
}

/** Runs a program, natsctl unless another is named, on a pseudo-terminal. Throws where a step never came. */
export async function onTerminal(args: string[], options: OnTerminal): Promise<Ended> {
  const { program = inject('natsctl'), steps = [], ...place } = options;
  const job = {
    ...place,
    argv: [program, ...args],
    steps: steps.map(({ wait, send }) => ({ wait: wait.source, send })),
  };
  const { screen, code, stdout, waiting } = JSON.parse(await python(JSON.stringify(job)));
  if (waiting !== null) throw new Error(`${args.join(' ')}: ${waiting} never came:\n${screen}`);
  const plain = stripVTControlCharacters(screen).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  return { code, raw: screen, screen: plain, stdout };
}

function python(input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = path.resolve('test/pty.py');
    const child = execFile(peer('python3') as string, [script], { maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr || error.message)) : resolve(stdout),
    );
    child.stdin?.end(input);
  });
}
