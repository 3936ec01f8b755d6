import { storeError } from '../store/errors.js';
import { readSnapshot } from '../store/snapshot.js';
import { listOperatorNames, openOperator } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { type ListedKey, listKeys } from './references.js';

/** Which keys are meant. All given conditions hold together. */
export interface KeyChoice {
  kinds: string[];
  accounts: string[];
  users: string[];
  /** Part of the key or of the name of what refers to it. */
  filter?: string | undefined;
  /** Only those that nothing refers to. */
  orphaned: boolean;
  /** Only those whose seed is not here. */
  missing?: boolean;
}

/**
 * Keys of the current operator, and those of the keystore that no operator here refers to: a key of another operator is
 * neither shown nor orphaned, for keystores are shared.
 */
export async function chooseKeys(workspace: Workspace, choice: KeyChoice): Promise<ListedKey[]> {
  const { store, keystore } = workspace;
  const names = await listOperatorNames(store.root);
  const operators = await Promise.all(names.map(async (name) => readSnapshot(await openOperator(store.root, name))));
  const unreadable = operators.flatMap(({ damaged }) => damaged)[0];
  if (choice.orphaned && unreadable !== undefined) {
    throw storeError('ERR_STORE_DAMAGED', `which keys are orphaned cannot be told: ${unreadable.problem.message}`, {
      hint: 'repair or remove that token first: a key it names must not pass for orphaned',
    });
  }
  const own = operators[names.indexOf(store.name)]?.accounts ?? [];
  const accounts = choice.accounts.map((each) => own.find(({ jwt }) => jwt.claims.sub === each)?.name ?? each);
  const here = (key: ListedKey) => key.references.filter(({ operator }) => operator === store.name);
  return (await listKeys(operators, keystore)).filter((key) => {
    if (key.references.length > 0 && here(key).length === 0) return false;
    return isChosen({ ...key, references: here(key) }, { ...choice, accounts });
  });
}

function isChosen({ key, kind, stored, references }: ListedKey, choice: KeyChoice): boolean {
  const { kinds, accounts, users, filter, orphaned, missing } = choice;
  if (kinds.length > 0 && !kinds.includes(kind)) return false;
  if (orphaned && references.length > 0) return false;
  if (missing && stored) return false;
  const inAccounts = references.some(({ entity, name }) => {
    return entity !== 'operator' && accounts.includes(entity === 'user' ? (name.split('/')[0] ?? '') : name);
  });
  if (accounts.length > 0 && !inAccounts) return false;
  const ofUsers = references.some(({ entity, name }) => entity === 'user' && users.includes(name.split('/')[1] ?? ''));
  if (users.length > 0 && !ofUsers && !users.includes(key)) return false;
  return filter === undefined || [key, ...references.map(({ name }) => name)].some((text) => text.includes(filter));
}
