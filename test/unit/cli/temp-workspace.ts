import { createOperator, type NewOperator } from '../../../cli/operator/create.js';
import { type PathSettings, resolvePaths } from '../../../cli/store/paths.js';
import { openWorkspace, type Workspace } from '../../../cli/workspace.js';
import { NOW, tempSettings } from './temp.js';

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
