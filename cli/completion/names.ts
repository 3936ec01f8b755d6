import type { PathSettings } from '../store/paths.js';
import { resolvePaths } from '../store/paths.js';
import { listAccountNames, listOperatorNames } from '../store/store.js';
import { listUserNames } from '../store/users.js';
import { chooseAccount, openWorkspace } from '../workspace.js';
import type { Source } from './sources.js';

/** What the command line says so far of where to look. */
export interface Place {
  settings: PathSettings;
  operator: string | undefined;
  account: string | undefined;
}

/** The names of a kind in the store; none where the store cannot tell them. */
export async function namesOf(source: Source, place: Place, now: number): Promise<string[]> {
  try {
    return await list(source, place, now);
  } catch {
    // Nobody to tell it to: the command itself will say what is wrong.
    return [];
  }
}

async function list(source: Source, { settings, operator, account }: Place, now: number): Promise<string[]> {
  if (source === 'operators') return listOperatorNames(resolvePaths(settings).storeRoot);
  const workspace = await openWorkspace(settings, { operator, now });
  if (source === 'accounts') return listAccountNames(workspace.store);
  const chosen = await chooseAccount(workspace, account);
  const { nats } = chosen.jwt.claims;
  switch (source) {
    case 'users':
      return listUserNames(workspace.store, chosen.name);
    case 'roles':
      return [...nats.signing_keys.values()].flatMap((scope) => (scope?.role ? [scope.role] : []));
    case 'exports':
      return nats.exports.map((one) => one.subject);
    case 'imports':
      return nats.imports.map((one) => one.local_subject ?? one.subject);
    case 'mappings':
      return [...nats.mappings.keys()];
    default:
      return [];
  }
}
