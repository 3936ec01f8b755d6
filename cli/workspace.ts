import { usageError } from './errors.js';
import { unlockByQuestion } from './sealed/unlock.js';
import { writeContextFile } from './store/context.js';
import { withStoreLock } from './store/lock.js';
import { type PathSettings, resolvePaths, type StorePaths } from './store/paths.js';
import {
  findAccount,
  listAccountNames,
  type OperatorStore,
  openOperator,
  readOperator,
  type StoredAccount,
} from './store/store.js';
import { completeUnfinished, hasUnfinished } from './store/transaction.js';

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
  await finishUnfinished(paths);
  const store = await openOperator(paths.storeRoot, options.operator, paths.operator);
  return { paths, store, keystore: paths.keystore, now: options.now };
}

/** Runs a change alone: no other natsctl writes this store meanwhile. Read what the change depends on inside. */
export async function changing<T>(workspace: Workspace, change: () => Promise<T>): Promise<T> {
  await unlockByQuestion(workspace.keystore);
  return changingStore(workspace.paths, change);
}

/** As `changing`, where there is no operator to work under yet. */
export function changingStore<T>(paths: StorePaths, change: () => Promise<T>): Promise<T> {
  return withStoreLock(paths.storeRoot, async () => {
    await completeUnfinished(paths);
    return change();
  });
}

/** Before anything is read: what a process that died had decided to write, or one that runs is writing, is awaited. */
export async function finishUnfinished(paths: StorePaths): Promise<void> {
  if (await hasUnfinished(paths)) await changingStore(paths, async () => {});
}

/** The account named, or that of the context, or the only one. */
export async function chooseAccount(workspace: Workspace, given: string | undefined): Promise<StoredAccount> {
  return findAccount(workspace.store, given ?? (await defaultAccount(workspace)));
}

/**
 * That of the context, or the only one; undefined where nothing chooses it. Never the system account, whose users see and
 * change every account: a new operator's context names it before anybody has chosen anything, as nsc's does.
 */
export async function currentAccount({ paths, store }: Workspace): Promise<string | undefined> {
  const names = await listAccountNames(store);
  const ofContext = names.find((name) => name === paths.account && store.name === paths.operator);
  const chosen = ofContext ?? (names.length === 1 ? names[0] : undefined);
  return chosen === undefined || (await isSystemAccount(store, chosen)) ? undefined : chosen;
}

async function defaultAccount(workspace: Workspace): Promise<string> {
  const chosen = await currentAccount(workspace);
  if (chosen !== undefined) return chosen;
  const names = await listAccountNames(workspace.store);
  const create = 'create an account with `natsctl account create NAME`';
  const hint =
    names.length === 0
      ? create
      : names.length === 1
        ? `${create}, or name the system account: --account ${names[0]}`
        : `one of: ${names.join(', ')}`;
  throw usageError('--account is missing', hint);
}

async function isSystemAccount(store: OperatorStore, name: string): Promise<boolean> {
  const { claims } = (await findAccount(store, name)).jwt;
  return (await readOperator(store)).claims.nats.system_account === claims.sub;
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
