import { usageError } from './errors.js';
import { writeContextFile } from './store/context.js';
import { withStoreLock } from './store/lock.js';
import { type PathSettings, resolvePaths, type StorePaths } from './store/paths.js';
import { findAccount, listAccountNames, type OperatorStore, openOperator, type StoredAccount } from './store/store.js';

/** One operator's part of a store, its keystore, and the time of the command. */
export interface Workspace {
  readonly paths: StorePaths;
  readonly store: OperatorStore;
  readonly keystore: string;
  /** Unix seconds. */
  readonly now: number;
}

export async function openWorkspace(
  settings: PathSettings,
  options: { operator?: string | undefined; now: number },
): Promise<Workspace> {
  const paths = resolvePaths(settings);
  const store = await openOperator(paths.storeRoot, options.operator, paths.operator);
  return { paths, store, keystore: paths.keystore, now: options.now };
}

/** Runs a change alone: no other natsctl writes this store meanwhile. Read what the change depends on inside. */
export function changing<T>(workspace: Workspace, change: () => Promise<T>): Promise<T> {
  return withStoreLock(workspace.store.root, change);
}

/** The account named, or that of the context, or the only one. */
export async function chooseAccount(workspace: Workspace, given: string | undefined): Promise<StoredAccount> {
  return findAccount(workspace.store, given ?? (await defaultAccount(workspace)));
}

async function defaultAccount({ paths, store }: Workspace): Promise<string> {
  const names = await listAccountNames(store);
  const only = names.length === 1 ? names[0] : undefined;
  const chosen = only ?? names.find((name) => name === paths.account && store.name === paths.operator);
  if (chosen !== undefined) return chosen;
  throw usageError(
    '--account is missing',
    names.length === 0 ? 'create an account with `natsctl account create`' : `one of: ${names.join(', ')}`,
  );
}

/** Makes operator and account the current ones in nsc.json, where that file chooses for this store. As nsc does on `add`. */
export async function selectContext(
  paths: StorePaths,
  change: { operator: string; account?: string },
  now: number,
): Promise<void> {
  if (!paths.contextWritable) return;
  await writeContextFile(paths.configFile, { store_root: paths.storeRoot, ...change }, now);
}
