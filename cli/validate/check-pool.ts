import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { AccountClaims } from '../../claims/types.js';
import type { NamedJwt } from '../store/snapshot.js';
import { type AccountCheck, type CheckContext, checkAccount } from './account-check.js';

/** Fewer accounts are checked before threads have started. */
const ENOUGH_FOR_THREADS = 100;
/** Verifying signatures is what takes the time, and it needs nothing but processors; more threads are more memory. */
const MAX_THREADS = 4;
/** Accounts that a thread has waiting, so that it is never idle while an answer is on its way. */
const AHEAD = 4;

/** Checks accounts, many of them on several threads. @returns in the order of `accounts` */
export async function checkAccounts(
  context: CheckContext,
  accounts: readonly NamedJwt<AccountClaims>[],
): Promise<AccountCheck[]> {
  const threads = Math.min(availableParallelism(), MAX_THREADS);
  // The build puts it there; without it (in a test of the sources) everything is done here.
  const file = new URL('../check-worker.js', import.meta.url);
  if (accounts.length >= ENOUGH_FOR_THREADS && threads > 1 && existsSync(fileURLToPath(file))) {
    return inThreads(file, threads, context, accounts);
  }
  const checks: AccountCheck[] = [];
  for (const account of accounts) checks.push(await checkAccount(context, account));
  return checks;
}

function inThreads(
  file: URL,
  threads: number,
  context: CheckContext,
  accounts: readonly NamedJwt<AccountClaims>[],
): Promise<AccountCheck[]> {
  const checks: AccountCheck[] = [];
  let next = 0;
  let done = 0;
  const workers = Array.from({ length: threads }, () => new Worker(file, { workerData: context }));
  const give = (worker: Worker): void => {
    const at = next++;
    const account = accounts[at];
    if (account) worker.postMessage({ at, name: account.name, token: account.jwt.token });
  };
  const ended = new Promise<AccountCheck[]>((resolve, reject) => {
    for (const worker of workers) {
      worker.on('message', ({ at, check }: { at: number; check: AccountCheck }) => {
        checks[at] = check;
        done++;
        if (done === accounts.length) resolve(checks);
        else give(worker);
      });
      worker.on('error', reject);
      for (let ahead = 0; ahead < AHEAD; ahead++) give(worker);
    }
  });
  return ended.finally(() => Promise.all(workers.map((worker) => worker.terminate())));
}
