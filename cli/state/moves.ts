/** Where users of a plan move: the files of their creds go with them, and may be the one copy of a private key. */
import { shellWord } from '../output/shell-word.js';
import { exists } from '../store/atomic.js';
import { storeError } from '../store/errors.js';
import { credsFile } from '../store/keystore.js';
import { stateError } from './errors.js';
import type { Plan } from './plan.js';

export interface UserPlace {
  account: string;
  user: string;
}

export interface Move {
  from: UserPlace;
  to: UserPlace;
  /** Its JWT where that is not changed: only its account has another name. */
  token: string | null;
}

/** Users with another name, and all users of accounts with another name. */
export function movesOf({ changes, accounts }: Pick<Plan, 'changes' | 'accounts'>): Move[] {
  const users = changes.flatMap((one) => (one.kind === 'user' ? [one] : []));
  const changed = new Set(users.map((one) => one.before));
  const moves: Move[] = users
    .filter(({ action }) => action === 'change')
    .map(({ account, accountFrom, name, renamedFrom }) => ({
      from: { account: accountFrom, user: renamedFrom ?? name },
      to: { account, user: name },
      token: null,
    }));
  for (const { kind, key, name, renamedFrom } of changes) {
    if (kind !== 'account' || renamedFrom === null) continue;
    for (const user of accounts.get(key)?.identified.current?.users ?? []) {
      if (changed.has(user.jwt.claims)) continue;
      const from = { account: renamedFrom, user: user.name };
      moves.push({ from, to: { account: name, user: user.name }, token: user.jwt.token });
    }
  }
  return moves.filter(({ from, to }) => textOf(from) !== textOf(to));
}

/**
 * What no file can be made of: names that differ only in letter case are one file on many systems, and creds left by somebody
 * else under the new name are not written over.
 */
export async function refuseUnplaceable(plan: Plan, operator: string, keystore: string): Promise<void> {
  for (const one of plan.changes) {
    const stays = one.kind !== 'user' || one.accountFrom === one.account;
    if (one.renamedFrom !== null && stays) refuseSpelling(one.kind, one.renamedFrom, one.name);
  }
  const moves = movesOf(plan);
  const vacated = new Set(moves.map(({ from }) => textOf(from)));
  for (const one of plan.changes) {
    if (one.kind !== 'user' || one.action !== 'delete') continue;
    vacated.add(textOf({ account: one.accountFrom, user: one.name }));
  }
  for (const { to } of moves) {
    if (vacated.has(textOf(to))) continue;
    const file = credsFile(keystore, operator, to.account, to.user);
    if (!(await exists(file))) continue;
    throw storeError('ERR_CREDS_IN_THE_WAY', `there are creds under the new name already: ${file}`, {
      hint: 'move that file away',
      details: { file },
    });
  }
}

function refuseSpelling(kind: string, from: string, to: string): void {
  if (from.normalize('NFC').toLowerCase() !== to.normalize('NFC').toLowerCase()) return;
  throw stateError(
    'ERR_STATE_CONFLICT',
    `the ${kind} ${from} cannot become ${to} here: they differ only in letter case`,
    {
      hint: `rename it with \`natsctl ${kind} rename ${shellWord(from)} ${shellWord(to)}\``,
      details: { from, to },
    },
  );
}

/** Names hold no slash. */
function textOf({ account, user }: UserPlace): string {
  return `${account}/${user}`;
}
