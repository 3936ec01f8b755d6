import type { Workspace } from '../workspace.js';
import { stateOf } from './from-claims.js';
import { readWhole } from './locate.js';
import type { State } from './operator-fields.js';

/** All of the workspace's operator as a state. */
export async function exportState({ store, now }: Workspace, options: { withoutKeys?: boolean } = {}): Promise<State> {
  const snapshot = await readWhole(store);
  const { operator } = snapshot;
  if (operator === null) throw new Error('a whole snapshot has its operator');
  return stateOf({ name: store.name, claims: operator.jwt.claims }, snapshot, { ...options, now });
}
