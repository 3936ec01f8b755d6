import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openWorkspace, type Workspace } from '../../../cli/workspace.js';
import { createOperator, type NewOperator } from '../../../cli/operator/create.js';
import { type PathSettings, resolvePaths } from '../../../cli/store/paths.js';

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

const operatorDefaults: Omit<NewOperator, 'name'> = { signingKey: true, requireSigningKeys: false, serviceUrls: [] };

/** A store with one operator in a temporary folder. */
export async function tempWorkspace(
  options: Partial<NewOperator> & { settings?: PathSettings; now?: number } = {},
): Promise<Workspace> {
  const { settings = tempSettings(), now = NOW, ...operator } = options;
  await createOperator(resolvePaths(settings), { ...operatorDefaults, name: 'acme', ...operator }, now);
  return openWorkspace(settings, { now });
}

export const noPermissions = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
