import { droppedRevocations } from '../../claims/account/revocation.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { differences } from '../change/difference.js';
import { shellWord } from '../output/shell-word.js';
import { readBaseToken, writeBase } from '../store/base.js';
import type { StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { type Held, isOlder, readable } from './held.js';
import type { NatsRemote } from './nats-remote.js';
import { type PushOptions, type PushRow, pullFirst, serverResults } from './push-row.js';

/**
 * Pushes one account to every server of a system. Servers have no conditions on updates, and take an older JWT for a newer one:
 * so what they hold is asked for first, and pushed is only what was made from it.
 */
export async function pushToServers(
  { store }: Workspace,
  remote: NatsRemote,
  account: StoredAccount,
  { force = false, dryRun = false }: PushOptions,
): Promise<PushRow> {
  const { token, claims } = account.jwt;
  const row = { account: claims.sub, name: account.name, servers: [] };
  const held = await remote.read(claims.sub);
  const base = await readBaseToken(store, claims.sub);
  const decided = decide(account, base, held, force);
  if (decided !== null) {
    if (held.token === token && base !== token && !dryRun) await writeBase(store, claims.sub, token);
    return { ...row, ...decided };
  }
  const result = held.token === null ? ('created' as const) : ('updated' as const);
  if (dryRun) {
    const theirs = held.token === null ? null : readable(claims.sub, held.token);
    return { ...row, result, differences: differences('account', theirs?.claims ?? null, claims) };
  }
  const answers = await remote.update(claims.sub, token);
  if (answers.some(keeps)) await writeBase(store, claims.sub, token);
  return { ...row, ...judged(answers, remote.expected, result) };
}

/** Another try at an account that some servers did not take. */
export async function pushAgain(
  { store }: Workspace,
  remote: NatsRemote,
  account: StoredAccount,
  row: PushRow,
): Promise<PushRow> {
  const { token, claims } = account.jwt;
  const answers = await remote.update(claims.sub, token);
  if (answers.some(keeps)) await writeBase(store, claims.sub, token);
  const { name, result } = row;
  // Those that took it the first time may have it as theirs now, and say nothing new.
  return { account: claims.sub, name, ...judged(answers, remote.expected, result === 'created' ? result : 'updated') };
}

/** Why nothing is to be pushed; null where it is. */
function decide(
  { name, jwt }: StoredAccount,
  base: string | null,
  held: Held,
  force: boolean,
): Omit<PushRow, 'account' | 'name' | 'servers'> | null {
  const { token, claims } = jwt;
  if (held.token === token && held.older.length === 0 && held.without === 0) return { result: 'unchanged' };
  if (force || held.token === null) return null;
  if (held.token !== token) {
    if (base === null) return pullFirst('the servers hold another JWT of this account', name);
    // Servers that went back to what they had before, as from a backup, are brought up to date again.
    const older = base === token && isOlder(claims, held.token);
    if (base === token && !older) {
      return { result: 'unchanged', message: `the servers hold another one: run \`natsctl pull ${shellWord(name)}\`` };
    }
    if (held.token !== base && !older) {
      return pullFirst('the servers hold another JWT than the one that this was made from', name);
    }
  }
  const lost = [held.token, ...held.older]
    .map((one) => readable(claims.sub, one))
    .flatMap((theirs) => droppedRevocations(theirs?.claims.nats.revocations ?? new Map(), claims.nats.revocations));
  if (lost.length === 0) return null;
  const users = [...new Set(lost.map(({ user }) => user))];
  return {
    result: 'refused',
    code: 'ERR_REVOCATION_DROPPED',
    message: `it would bring ${users.length === 1 ? 'a revoked user' : `${users.length} revoked users`} back: ${users.slice(0, 5).join(', ')}`,
    hint: `pull first: run \`natsctl pull ${shellWord(name)}\`; where they are to come back, push it with --force`,
  };
}

/** A cache takes note of what it knows already; a server without a folder of its own applies it and forgets. */
function keeps({ ok, message }: ServerAnswer): boolean {
  return ok && !message.includes('skipped');
}

/** Done is what every server did, and somebody keeps. */
export function judged(
  answers: ServerAnswer[],
  expected: number,
  result: 'created' | 'updated',
): Omit<PushRow, 'account' | 'name'> {
  const servers = serverResults(answers);
  const took = answers.filter(({ ok }) => ok).length;
  const behind = answers.filter(({ ok }) => !ok).map(({ server, message }) => `${server}: ${message}`);
  if (behind.length === 0 && took >= expected && answers.some(keeps)) return { result, servers };
  if (took === 0) {
    const message = behind.join('; ') || 'no server answered';
    return { result: 'refused', servers, code: 'ERR_PUSH_REFUSED', message };
  }
  if (!answers.some(keeps)) {
    return { result: 'refused', servers, code: 'ERR_PUSH_REFUSED', message: 'no server there keeps it' };
  }
  const unknown = expected - answers.length;
  const missing = [...behind, ...(unknown > 0 ? [`${unknown} more of the ${expected} expected: not there`] : [])];
  return {
    result: 'incomplete',
    servers,
    code: 'ERR_PUSH_INCOMPLETE',
    message: `${took} of ${expected} servers took it; behind: ${missing.join('; ')}`,
    hint: 'push again once they are back: those that have it already are left as they are',
  };
}
