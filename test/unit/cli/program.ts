import { execFile } from 'node:child_process';
import { inject } from 'vitest';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The installed program with a home folder of its own. */
export function program(home: string, env: Record<string, string> = {}, input?: string | Uint8Array) {
  return (...args: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const child = execFile(
        inject('natsctl'),
        args,
        { env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1', ...env }, cwd: home },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
}
