/** Planning a state file against a store, and applying it: the two commands' work. */
import type { Seed } from '../../claims/keys/seed.js';
import { prepareKeystore } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { type OperatorStore, refuseTakenOperator } from '../store/store.js';
import { commitFiles } from '../store/transaction.js';
import { changingStore, finishUnfinished, selectContext } from '../workspace.js';
import { type Prepared, prepareChange, refuseProblems } from './apply.js';
import { stateError } from './errors.js';
import { type Keyring, makeKeyring } from './keyring.js';
import { fingerprint, locateOperator, readWhole } from './locate.js';
import { refuseUnplaceable } from './moves.js';
import type { State } from './operator-fields.js';
import { type Plan, type PlanOptions, planState } from './plan.js';

export interface ChangeOptions extends PlanOptions {
  /** Keys to sign with beside those of the keystore. */
  keys?: readonly Seed[] | undefined;
}

export interface PlannedState {
  plan: Plan;
  keyring: Keyring;
  store: OperatorStore | null;
  /** Of the store that the plan was made against. */
  fingerprint: string;
}

export async function planChange(paths: StorePaths, state: State, options: ChangeOptions): Promise<PlannedState> {
  await finishUnfinished(paths);
  return planNow(paths, state, options);
}

async function planNow(
  paths: StorePaths,
  state: State,
  { keys = [], ...options }: ChangeOptions,
): Promise<PlannedState> {
  const store = await locateOperator(paths.storeRoot, state);
  if (store === null) await refuseTakenOperator(paths.storeRoot, state.name);
  const snapshot = store === null ? null : await readWhole(store);
  const keyring = makeKeyring(paths.keystore, keys);
  const plan = await planState(state, snapshot, keyring, options);
  await refuseUnplaceable(plan, store?.name ?? plan.identified.name, paths.keystore);
  return { plan, keyring, store, fingerprint: fingerprint(snapshot) };
}

export interface ApplyOptions {
  /** Unix seconds, of the plan. */
  now: number;
  /** Called for everything signed and every file written: the work in all is `total`. */
  progress?: ((total: number) => { advance(count?: number): void; end(): void }) | undefined;
}

export interface AppliedState extends PlannedState {
  creds: Prepared['creds'];
  files: number;
}

/**
 * Signs what was planned and writes all of it or nothing. The store must be what the plan was made of: the same plan would be
 * made again then.
 */
export async function applyChange(
  paths: StorePaths,
  planned: PlannedState,
  options: ApplyOptions,
): Promise<AppliedState> {
  const { progress } = options;
  const { plan, keyring } = planned;
  const { name, key } = plan.identified.draft;
  const applied = await changingStore(paths, async (): Promise<AppliedState> => {
    const store = await locateOperator(paths.storeRoot, { name, ...(key !== undefined && { key }) });
    if (fingerprint(store === null ? null : await readWhole(store)) !== planned.fingerprint) {
      throw stateError('ERR_PLAN_STALE', `operator ${name} has changed since the plan was made: nothing was changed`, {
        hint: 'look at the plan again: `natsctl plan`',
        details: { operator: name },
      });
    }
    refuseProblems(plan.problems);
    if (plan.changes.length === 0) return { ...planned, creds: [], files: 0 };
    const bar = progress?.(plan.changes.length);
    try {
      const place = { store, keystore: paths.keystore };
      const onSigned = () => bar?.advance();
      const { writes, creds } = await prepareChange(plan, place, keyring, { now: options.now, onSigned });
      bar?.end();
      await prepareKeystore(paths.keystore);
      const filing = progress?.(writes.length);
      await commitFiles(paths, writes, { onFile: () => filing?.advance() }).finally(() => filing?.end());
      return { ...planned, creds, files: writes.length };
    } finally {
      bar?.end();
    }
  });
  await followContext(paths, applied, options.now);
  return applied;
}

/** As creating, renaming and deleting do. */
async function followContext(paths: StorePaths, { plan, store }: AppliedState, now: number): Promise<void> {
  const { name } = plan.identified;
  if (store === null) {
    await selectContext(paths, { operator: name }, now);
    return;
  }
  if (paths.operator !== store.name || paths.account === undefined) return;
  for (const change of plan.changes) {
    if (change.kind !== 'account') continue;
    const { action, renamedFrom } = change;
    if (renamedFrom === paths.account) await selectContext(paths, { operator: store.name, account: change.name }, now);
    if (action === 'delete' && change.name === paths.account)
      await selectContext(paths, { operator: store.name, account: '' }, now);
  }
}
