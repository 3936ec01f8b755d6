import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { PathSettings } from '../../../cli/store/paths.js';

/** A folder of its own that goes away with the test. */
export function tempDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'natsctl-cli-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Settings as a machine with nothing on it would give, below one temporary folder. */
export function tempSettings(dir: string = tempDir(), more: Partial<PathSettings> = {}): PathSettings {
  return { env: {}, home: dir, cwd: '/', ...more };
}

export const NOW = 1_800_000_000;
