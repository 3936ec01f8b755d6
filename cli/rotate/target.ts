import { isPublicKey } from '../../claims/keys/nkey.js';
import { cliError } from '../errors.js';
import { isDamaged, listAccounts, readOperator } from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { Workspace } from '../workspace.js';
import type { RotatedKind } from './rotated.js';

/** A key that can be put in another's place, and whose it is. */
export interface Target {
  kind: RotatedKind;
  key: string;
  /** The operator, account or user; of a signing key with a role, the role. */
  name: string;
  /** Of all but an operator's keys. */
  account: string | null;
}

export const TARGET_KINDS = ['operator', 'account', 'role', 'user'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/**
 * The one key that is meant by a public key, or by the name of an operator, account, role or user.
 *
 * @param narrow to the keys of an account (name or key), or to one kind of name
 */
export async function findTarget(
  workspace: Workspace,
  text: string,
  narrow: { account?: string | undefined; kind?: TargetKind | undefined },
): Promise<Target> {
  const wanted = (target: Target) => (isPublicKey(text) ? target.key === text : target.name === text);
  const found = (await allTargets(workspace, narrow.account)).filter(
    (target) => wanted(target) && fits(target, narrow),
  );
  const [first] = found;
  if (first === undefined) {
    throw cliError('ERR_KEY_UNKNOWN', `no key, operator, account, role or user ${text} is here`, {
      hint: 'see `natsctl keys list`',
      details: { key: text },
    });
  }
  if (found.length > 1) {
    const described = found.map((target) => `${describe(target)} ${target.key}`);
    throw cliError('ERR_KEY_AMBIGUOUS', `${text} may be: ${described.join('; ')}`, {
      hint: 'name the public key, or narrow it with --kind or --account',
      details: { key: text, candidates: found.map(({ kind, key, account }) => ({ kind, key, account })) },
    });
  }
  return first;
}

function describe({ kind, account, name }: Target): string {
  return account === null || kind === 'account' ? `${kind} ${name}` : `${kind} ${name} of account ${account}`;
}

function fits(target: Target, { kind }: { kind?: TargetKind | undefined }): boolean {
  if (kind === undefined) return true;
  return kind === 'role' ? target.kind === 'account signing key' : target.kind === kind;
}

async function allTargets({ store }: Workspace, onlyAccount: string | undefined): Promise<Target[]> {
  const targets: Target[] = [];
  if (onlyAccount === undefined) {
    const { sub, nats } = (await readOperator(store)).claims;
    targets.push({ kind: 'operator', key: sub, name: store.name, account: null });
    for (const key of nats.signing_keys) targets.push({ kind: 'operator signing key', key, name: key, account: null });
  }
  for (const account of await listAccounts(store)) {
    if (isDamaged(account)) continue;
    const { name } = account;
    const { sub, nats } = account.jwt.claims;
    if (onlyAccount !== undefined && onlyAccount !== name && onlyAccount !== sub) continue;
    targets.push({ kind: 'account', key: sub, name, account: name });
    for (const [key, scope] of nats.signing_keys) {
      targets.push({ kind: 'account signing key', key, name: scope?.role || key, account: name });
    }
    const { xkey } = nats.authorization;
    if (xkey) targets.push({ kind: 'curve key', key: xkey, name: xkey, account: name });
    for (const user of await listUsers(store, name)) {
      if (!isDamaged(user)) targets.push({ kind: 'user', key: user.jwt.claims.sub, name: user.name, account: name });
    }
  }
  return targets;
}
