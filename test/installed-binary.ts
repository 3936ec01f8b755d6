import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the `natsctl` that npm installed. */
    natsctl: string;
  }
}

/** Installs this package as a user would (`npm install -g`) under a folder of its own, once a run. */
export default function installBinary(project: TestProject): () => void {
  const prefix = mkdtempSync(path.join(tmpdir(), 'natsctl-prefix-'));
  execFileSync(
    'npm',
    ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', '--offline', process.cwd()],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  project.provide('natsctl', path.join(prefix, 'bin', 'natsctl'));
  return () => rmSync(prefix, { recursive: true, force: true });
}
