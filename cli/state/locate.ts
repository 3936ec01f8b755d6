/** The operator of the store that a state file is about. */

import { createHash } from 'node:crypto';
import { shellWord } from '../output/shell-word.js';
import { readSnapshot, type Snapshot } from '../store/snapshot.js';
import { listOperatorNames, type OperatorStore, openOperator, readOperator } from '../store/store.js';
import { stateError } from './errors.js';
import type { State } from './operator-fields.js';

/** By its key where the file names one, else by its name. Null: there is none yet. */
export async function locateOperator(
  storeRoot: string,
  { name, key }: Pick<State, 'name' | 'key'>,
): Promise<OperatorStore | null> {
  const names = await listOperatorNames(storeRoot);
  const named = names.includes(name) ? await openOperator(storeRoot, name) : null;
  if (key === undefined) return named;
  if (named !== null) {
    const { sub } = (await readOperator(named)).claims;
    if (sub === key) return named;
    throw stateError('ERR_STATE_CONFLICT', `the operator ${name} has the key ${sub} in the store, not ${key}`, {
      hint: 'leave the key out of the file to take the one there is, or give the operator of the file another name',
      details: { name, key, stored: sub },
    });
  }
  for (const other of names) {
    const store = await openOperator(storeRoot, other);
    if ((await readOperator(store)).claims.sub !== key) continue;
    throw stateError('ERR_STATE_CONFLICT', `the operator ${key} is called ${other} in the store, not ${name}`, {
      hint: `rename it first: \`natsctl operator rename ${shellWord(name)} --operator ${shellWord(other)}\``,
      details: { name, key, stored: other },
    });
  }
  return null;
}

/** All of an operator. What cannot be read could not be compared, and would be taken for deleted. */
export async function readWhole(store: OperatorStore): Promise<Snapshot> {
  const snapshot = await readSnapshot(store);
  const [damaged] = snapshot.damaged;
  if (damaged !== undefined) throw damaged.problem;
  return snapshot;
}

/** What a plan was made against: the same only while no token of the operator is another one. */
export function fingerprint(snapshot: Snapshot | null): string {
  const hash = createHash('sha256');
  const add = (...parts: string[]) => hash.update(`${JSON.stringify(parts)}\n`);
  if (snapshot?.operator) add('operator', snapshot.operator.name, snapshot.operator.jwt.token);
  for (const { name, jwt, users } of snapshot?.accounts ?? []) {
    add('account', name, jwt.token);
    for (const user of users) add('user', user.name, user.jwt.token);
  }
  return hash.digest('hex');
}
