import type { Batch, EntityChange } from '../change/batch.js';
import type { LeftBehind } from '../operator/resign.js';
import { findSeed, keyFile } from '../store/keystore.js';
import type { Workspace } from '../workspace.js';

export type RotatedKind =
  | 'operator'
  | 'operator signing key'
  | 'account'
  | 'account signing key'
  | 'curve key'
  | 'user';

/** An import whose activation ended with the old key, and which natsctl could not make again. */
export interface EndedActivation {
  /** Who imports, by name. */
  account: string;
  subject: string;
  /** Who is to make it, by name where it is here. */
  exporter: string;
}

/** What a change of a key comes to. */
export interface Rotated {
  kind: RotatedKind;
  /** The operator, account or user whose key it is. */
  name: string;
  /** Of a user. */
  account: string | null;
  /** Of a signing key. */
  role: string | null;
  oldKey: string;
  key: string;
  /** File of the new private key; null where only its public half is known. */
  file: string | null;
  /** The old key is still valid beside the new one. */
  keptOld: boolean;
  changes: EntityChange[];
  /** Not signed anew. */
  left: LeftBehind[];
  activations: EndedActivation[];
  warnings: string[];
  /** What is to be done next, in this order. */
  todo: string[];
  changed: boolean;
  dryRun: boolean;
}

interface Outcome {
  kind: RotatedKind;
  name: string;
  account?: string;
  role?: string | null;
  oldKey: string;
  key: string;
  keptOld?: boolean;
  batch: Batch;
  left?: LeftBehind[];
  activations?: EndedActivation[];
  warnings?: string[];
  dryRun: boolean;
  /** A new private key that a dry run did not store. */
  hasSeed?: boolean;
}

export async function rotated(workspace: Workspace, outcome: Outcome): Promise<Rotated> {
  const { batch, key, hasSeed = true } = outcome;
  const held = hasSeed || (await findSeed(workspace.keystore, key)) !== null;
  return {
    kind: outcome.kind,
    name: outcome.name,
    account: outcome.account ?? null,
    role: outcome.role ?? null,
    oldKey: outcome.oldKey,
    key,
    file: held ? keyFile(workspace.keystore, key) : null,
    keptOld: outcome.keptOld === true,
    changes: batch.changes,
    left: outcome.left ?? [],
    activations: outcome.activations ?? [],
    warnings: [...gapOf(outcome), ...(outcome.warnings ?? [])],
    todo: todoOf(outcome),
    changed: batch.changes.length > 0,
    dryRun: outcome.dryRun,
  };
}

/** Servers that trust the new key alone refuse what the old one signed, and those that trust the old alone what the new one did. */
function gapOf({ kind, batch, keptOld }: Outcome): string[] {
  const isOperators = kind === 'operator' || kind === 'operator signing key';
  if (!isOperators || keptOld || !batch.changes.some((change) => change.kind === 'account')) return [];
  return [
    'from the restart of a server until the push, it refuses the accounts: keeping the old key leaves no such gap',
  ];
}

/** What follows from which entities changed: an operator's JWT is read at a server's start alone, accounts' are pushed. */
function todoOf({ kind, batch, oldKey, keptOld }: Outcome): string[] {
  const of = (wanted: EntityChange['kind']) => batch.changes.filter((change) => change.kind === wanted);
  const accounts = of('account').map(({ name }) => name);
  const todo: string[] = [];
  if (of('operator').length > 0) {
    todo.push('give the new operator JWT to every server and restart it: it is not read anew by a reload');
    todo.push('where others manage accounts under this operator: `natsctl operator import SOURCE --force` there');
  }
  // ERR_OPERATOR_FOREIGN of the service.
  if (kind === 'operator') todo.push('start the service with a new --data-dir: one is for one identity of an operator');
  if (accounts.length > 0) todo.push(`push the accounts ${accounts.join(', ')}: \`natsctl push\``);
  if (of('user').length > 0) todo.push('hand out the new creds: the old ones end with the old key');
  if (kind === 'account') {
    todo.push(`delete the old account ${oldKey} from servers once nobody uses it`);
    todo.push('where the service still holds it, its name is taken there: `natsctl account rename`, then push');
    todo.push('JetStream data stays under the old account: copy streams before (`nats stream backup`, `restore`)');
  }
  if (keptOld && kind === 'operator signing key') {
    todo.push(`then take the old key out: \`natsctl operator signing-key remove ${oldKey}\``);
  }
  return todo;
}
