/**
 * A change of many entities at once: each is judged and signed first, then all are written or none (cli/store/transaction.ts).
 * New seeds are stored before, since claims that name a key nobody has would be of no use to anyone; one too many harms nobody.
 */
import type { Seed } from '../../claims/keys/seed.js';
import type { AccountClaims, Decoded, OperatorClaims, UserClaims } from '../../claims/types.js';
import { safeText } from '../output/safe-text.js';
import { credsFile, findSeed, writeSeed } from '../store/keystore.js';
import type { OperatorStore } from '../store/store.js';
import { commitFiles, type FileWrite } from '../store/transaction.js';
import { accountWrite, credsWrite, operatorWrite, userWrite } from '../store/writes.js';
import type { Workspace } from '../workspace.js';
import { type ChangeableClaims, type Difference, differences } from './difference.js';
import { showDifferences } from './show.js';

/** One entity of a batch, for people and for `--json`. */
export interface EntityChange {
  kind: 'operator' | 'account' | 'user';
  name: string;
  /** Of a user. */
  account: string | null;
  publicKey: string;
  /** Creds file that is written anew; null where there is none, or the private key is not here. */
  creds: string | null;
  differences: Difference[];
}

export interface Batch {
  changes: EntityChange[];
  writes: FileWrite[];
  /** The claims as they will be, by file. */
  after: Map<string, ChangeableClaims>;
}

export function newBatch(): Batch {
  return { changes: [], writes: [], after: new Map() };
}

export function putOperator(
  batch: Batch,
  store: OperatorStore,
  before: OperatorClaims,
  after: Decoded<OperatorClaims>,
): void {
  put(batch, operatorWrite(store, after.token), after.claims);
  batch.changes.push(entity('operator', store.name, null, before, after.claims));
}

export function putAccount(
  batch: Batch,
  store: OperatorStore,
  name: string,
  before: AccountClaims | null,
  after: Decoded<AccountClaims>,
): void {
  put(batch, accountWrite(store, name, after.token), after.claims);
  batch.changes.push(entity('account', name, null, before, after.claims));
}

/** With its creds, where its seed is in the keystore or given. */
export async function putUser(
  batch: Batch,
  { store, keystore }: Workspace,
  names: { account: string; user: string },
  before: UserClaims | null,
  after: Decoded<UserClaims>,
  given?: Seed | null,
): Promise<void> {
  const seed = given ?? (await findSeed(keystore, after.claims.sub));
  const named = { operator: store.name, ...names };
  put(batch, userWrite(store, names.account, names.user, after.token), after.claims);
  const change = entity('user', names.user, names.account, before, after.claims);
  if (seed) {
    batch.writes.push(credsWrite(keystore, named, { token: after.token, seed }));
    change.creds = credsFile(keystore, named.operator, named.account, named.user);
  }
  batch.changes.push(change);
}

export async function commitBatch(
  { paths, keystore }: Workspace,
  { writes }: Batch,
  { seeds = [], dryRun = false }: { seeds?: (Seed | null)[]; dryRun?: boolean | undefined },
): Promise<void> {
  if (dryRun || writes.length === 0) return;
  for (const seed of seeds) if (seed) await writeSeed(keystore, seed);
  await commitFiles({ storeRoot: paths.storeRoot, keystore }, writes);
}

function put(batch: Batch, write: FileWrite, claims: ChangeableClaims): void {
  batch.writes.push(write);
  batch.after.set(write.path, claims);
}

function entity(
  kind: EntityChange['kind'],
  name: string,
  account: string | null,
  before: ChangeableClaims | null,
  after: ChangeableClaims,
): EntityChange {
  const found = differences(kind, before, after);
  // In such changes who signs is what it is about.
  if (before !== null && before.iss !== after.iss) {
    found.unshift({ path: '/iss', before: before.iss, after: after.iss });
  }
  return { kind, name, account, publicKey: after.sub, creds: null, differences: found };
}

/** For people: every entity with its differences. */
export function showBatch(changes: EntityChange[], dryRun: boolean): string {
  return changes
    .map(({ kind, name, account, differences: found }) => {
      const what = safeText(`${kind} ${account === null ? name : `${account}/${name}`}`);
      if (found[0]?.path === '') return `${what}: ${dryRun ? 'would be added' : 'added'}\n`;
      if (found.length === 0) return `${what}: ${dryRun ? 'would be signed anew' : 'signed anew'}\n`;
      return `${what}: ${dryRun ? 'would be changed' : 'changed'}\n${showDifferences(found)}`;
    })
    .join('');
}
