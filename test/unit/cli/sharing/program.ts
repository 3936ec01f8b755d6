import { execFile } from 'node:child_process';
import { inject } from 'vitest';
import { tempDir } from '../temp.js';

/** The installed program with a home folder of its own. */
export function program(home = tempDir()) {
  const run = (args: string[], input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        inject('natsctl'),
        args,
        { env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' }, cwd: home },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
      // A command that has ended already reads nothing: that is no fault of the test.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  return {
    home,
    run,
    /** The document that `--json` prints; throws where the command fails. */
    json: async (...args: string[]) => {
      const ended = await run([...args, '--json']);
      if (ended.code !== 0 || ended.stderr !== '') throw new Error(`${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
      return JSON.parse(ended.stdout);
    },
    /** Exit code and error code, which are the same as text and as JSON. */
    fault: async (...args: string[]) => {
      const ended = await run([...args, '--json']);
      return [ended.code, JSON.parse(ended.stdout).error.code];
    },
  };
}
