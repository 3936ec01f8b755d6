import path from 'node:path';
import { parseCreds } from '../../claims/creds.js';
import { type ShowProgress, unseen } from '../output/show-progress.js';
import { readSeedFile } from '../sealed/seed-file.js';
import { unlockByQuestion } from '../sealed/unlock.js';
import { readTextFile } from '../store/atomic.js';
import { ignoreSecrets, keepsCreds, keyFile } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { unarmored } from '../store/token-file.js';
import { commitFiles, type FileWrite } from '../store/transaction.js';
import { mapBounded } from '../sync/parallel.js';
import { changingStore, selectContext } from '../workspace.js';
import { refuseClashes } from './clashes.js';
import { backupError } from './errors.js';
import type { ReadBackup } from './read.js';
import { type VerifiedBackup, type VerifiedOperator, verifyBackup } from './verify.js';

export interface RestoreOptions {
  force: boolean;
  creds: boolean;
  dryRun: boolean;
  /** Unix seconds. */
  now: number;
  progress?: ShowProgress | undefined;
}

export interface RestoredFile {
  file: string;
  state: 'new' | 'same' | 'differs';
}

export interface Restored {
  store: string;
  keystore: string;
  format: ReadBackup['format'];
  created: number | null;
  operators: string[];
  accounts: number;
  users: number;
  seeds: number;
  creds: number;
  /** `differs`: replaced by --force. */
  files: RestoredFile[];
  warnings: string[];
  dryRun: boolean;
}

const FILES_AT_ONCE = 16;

/** Nothing is written before every token and seed of the backup was verified; then all of it is, or nothing. */
export async function restoreBackup(
  paths: StorePaths,
  file: string,
  { format, created, records }: ReadBackup,
  options: RestoreOptions,
): Promise<Restored> {
  const backup = verifyBackup(file, records);
  await unlockByQuestion(paths.keystore);
  const run = async (): Promise<Restored> => {
    await refuseClashes(paths.storeRoot, backup.operators);
    const creds = options.creds && (await keepsCreds(paths.keystore));
    // Where none are kept, a seed that only creds hold is a seed all the same.
    if (options.creds && !creds) addSeedsOfCreds(backup);
    const writes = await writesOf(paths, backup, creds);
    const files = await compare(paths, writes, options.progress);
    const differing = files.filter(({ state }) => state === 'differs').map((one) => one.file);
    if (differing.length > 0 && !options.force) throw conflict(differing);
    if (!options.dryRun) await commit(paths, writes, files, options.progress);
    const all = [...backup.operators.values()];
    const count = (of: (operator: VerifiedOperator) => number) => all.reduce((sum, one) => sum + of(one), 0);
    return {
      store: paths.storeRoot,
      keystore: paths.keystore,
      format,
      created,
      operators: [...backup.operators.keys()],
      accounts: count(({ accounts }) => accounts.size),
      users: count(({ accounts }) => [...accounts.values()].reduce((sum, { users }) => sum + users.size, 0)),
      seeds: backup.seeds.length,
      creds: creds ? count(({ creds }) => creds.length) : 0,
      files,
      warnings: backup.warnings,
      dryRun: options.dryRun,
    };
  };
  // A dry run makes no folder for a lock.
  const done = options.dryRun ? await run() : await changingStore(paths, run);
  for (const seed of backup.seeds) seed.wipe();
  if (!options.dryRun) await restoreContext(paths, backup, options.now);
  return done;
}

function addSeedsOfCreds({ operators, seeds }: VerifiedBackup): void {
  const known = new Set(seeds.map(({ publicKey }) => publicKey));
  for (const { creds } of operators.values()) {
    for (const { text } of creds) {
      const { seed } = parseCreds(text);
      if (known.has(seed.publicKey)) seed.wipe();
      else seeds.push(seed);
      known.add(seed.publicKey);
    }
  }
}

async function writesOf(paths: StorePaths, backup: VerifiedBackup, creds: boolean): Promise<FileWrite[]> {
  const writes: FileWrite[] = [];
  for (const seed of backup.seeds) {
    const file = path.relative(paths.keystore, keyFile(paths.keystore, seed.publicKey)).split(path.sep).join('/');
    writes.push({ in: 'keystore', path: file, content: seed.reveal() });
  }
  for (const [name, operator] of backup.operators) {
    const store = (file: string, content: string) => writes.push({ in: 'store', path: `${name}/${file}`, content });
    for (const [account, { token, users }] of operator.accounts) {
      for (const [user, one] of users) store(`accounts/${account}/users/${user}.jwt`, one.token);
      store(`accounts/${account}/${account}.jwt`, token);
    }
    for (const [account, token] of operator.bases) store(`.natsctl/base/${account}.jwt`, token);
    for (const { account, user, text } of creds ? operator.creds : []) {
      writes.push({ in: 'keystore', path: `creds/${name}/${account}/${user}.creds`, content: text });
    }
    store(`${name}.jwt`, operator.token);
    // Last: a folder is an operator's once it holds this.
    store('.nsc', JSON.stringify({ managed: operator.managed, name, kind: 'operator', version: '1' }));
  }
  return writes;
}

async function compare(paths: StorePaths, writes: FileWrite[], show?: ShowProgress): Promise<RestoredFile[]> {
  const progress = (show ?? unseen)('comparing', writes.length);
  const one = async (write: FileWrite): Promise<RestoredFile> => {
    const root = write.in === 'store' ? paths.storeRoot : paths.keystore;
    const file = path.join(root, ...write.path.split('/'));
    const state = await stateOf(paths.keystore, file, write.content ?? '');
    progress.advance();
    return { file, state };
  };
  return mapBounded(writes, one, FILES_AT_ONCE).finally(() => progress.end());
}

async function stateOf(keystore: string, file: string, content: string): Promise<RestoredFile['state']> {
  const held = await readTextFile(file);
  if (held === null) return 'new';
  if ((file.endsWith('.jwt') ? unarmored(held) : held.trim()) === content.trim()) return 'same';
  if (path.basename(file) === '.nsc') return sameInfo(held, content) ? 'same' : 'differs';
  if (!file.endsWith('.nk')) return 'differs';
  // The same seed may be encrypted, or not, or encrypted otherwise.
  const key = path.basename(file, '.nk');
  return (await readSeedFile(keystore, file, key))?.publicKey === key ? 'same' : 'differs';
}

/** nsc may write it in another order, or more into it. */
function sameInfo(held: string, content: string): boolean {
  const said = (text: string): string => {
    const { name, managed } = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify([name, managed === true]);
  };
  try {
    return said(held) === said(content);
  } catch {
    return false;
  }
}

async function commit(
  paths: StorePaths,
  writes: FileWrite[],
  files: RestoredFile[],
  show?: ShowProgress,
): Promise<void> {
  const wanted = writes.filter((_, index) => files[index]?.state !== 'same');
  const progress = (show ?? unseen)('restoring', wanted.length);
  await ignoreSecrets(paths.keystore);
  try {
    await commitFiles(paths, wanted, { onFile: () => progress.advance() });
  } finally {
    progress.end();
  }
}

/** Where nobody has chosen an operator yet, the one that was current is. */
async function restoreContext(paths: StorePaths, { context, operators }: VerifiedBackup, now: number): Promise<void> {
  if (paths.operator !== undefined) return;
  const operator = context?.operator ?? [...operators.keys()][0];
  const restored = operator === undefined ? undefined : operators.get(operator);
  if (operator === undefined || restored === undefined) return;
  const account = context?.account ?? undefined;
  const known = account !== undefined && restored.accounts.has(account);
  await selectContext(paths, { operator, ...(known && { account }) }, now);
}

function conflict(files: string[]): Error {
  const shown = files.slice(0, 5).join(', ');
  const more = files.length > 5 ? ` and ${files.length - 5} more` : '';
  return backupError(
    'ERR_RESTORE_CONFLICT',
    `${files.length} files differ from the backup: ${shown}${more}; nothing was written`,
    {
      hint: 'look at them with --dry-run --force, and replace them with --force; or restore into another store: --store, --keystore',
      details: { files: files.slice(0, 100), count: files.length },
    },
  );
}
