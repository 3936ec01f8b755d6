import { lostRevocations } from '../../claims/account/revocation.js';
import type { Signer } from '../../claims/keys/signer.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { checkEntityName } from '../../claims/names.js';
import { accountSigners } from '../../claims/trust/operators.js';
import type { AccountClaims, OperatorClaims, UserClaims } from '../../claims/types.js';
import { fetchAccount } from '../../resolver/http.js';
import { type Difference, differences } from '../change/difference.js';
import { cliError } from '../errors.js';
import { unlockByQuestion } from '../sealed/unlock.js';
import { signChecked } from '../sign.js';
import { readBase } from '../store/base.js';
import { findSeed, holdsSeed } from '../store/keystore.js';
import { findAccountByKey, readOperator } from '../store/store.js';
import { readable } from '../sync/held.js';
import type { Workspace } from '../workspace.js';
import { type PushedTo, pushSigned, refuseUnpushable, type SendTo } from './push-signed.js';
import type { SignedClaims, SignedKind, SignRequest } from './sign-request.js';

export interface SignOptions {
  /** Sign although revocations that are known here would be lost. */
  force: boolean;
  /** Sign claims of the operator itself, and what gives power over its servers: its system account and users of that. */
  operatorClaims: boolean;
  dryRun: boolean;
  push: SendTo | null;
  /** Told before anything is signed: who is about to sign what. */
  show?(about: AboutToSign): void;
}

export interface AboutToSign
  extends Pick<SignReport, 'kind' | 'subject' | 'name' | 'signer' | 'differences' | 'dryRun'> {
  /** Of a user: where it would be let in. */
  account: string | null;
}

export interface SignReport {
  kind: SignedKind;
  subject: string;
  name: string | null;
  /** The key that signed, or with `dryRun` would. */
  signer: string;
  /** Null for a dry run. */
  jwt: string | null;
  differences: Difference[];
  pushed: PushedTo | null;
  dryRun: boolean;
}

/** Signs what a service asked to have signed elsewhere: by a key that is here, and that this store knows to be one for it. */
export async function signElsewhere(
  workspace: Workspace,
  request: SignRequest,
  options: SignOptions,
): Promise<SignReport> {
  const { kind, claims } = request;
  const { push, dryRun } = options;
  const operator = (await readOperator(workspace.store)).claims;
  if (push) refuseUnpushable(request, push, options.force);
  if (kind === 'operator' && !options.operatorClaims) {
    throw cliError(
      'ERR_SIGN_OPERATOR',
      'these are the claims of the operator itself: its keys, and so who may sign all accounts',
      {
        hint: 'look at them with --dry-run --operator-claims, then sign with --operator-claims',
      },
    );
  }
  const account = kind === 'user' ? accountOf(claims as UserClaims, request.signers) : claims.sub;
  if (account === operator.nats.system_account && !options.operatorClaims) {
    throw cliError(
      'ERR_SIGN_OPERATOR',
      `this ${kind} is of the system account, whose users have power over all servers`,
      {
        hint: 'look at it with --dry-run --operator-claims, then sign with --operator-claims',
      },
    );
  }
  if (claims.name !== undefined) checkEntityName(claims.name, kind);
  if (kind === 'account') await refuseDropped(workspace, claims as AccountClaims, options.force);
  const signer = await chooseSigner(workspace, operator, request, dryRun);
  const before = await beforeOf(workspace, operator, claims, push);
  const unsigned = kind === 'user' ? forSigner(claims as UserClaims, request, signer.publicKey) : claims;
  const report = {
    kind,
    subject: claims.sub,
    name: claims.name ?? null,
    signer: signer.publicKey,
    differences: differences(kind, before, unsigned),
    dryRun,
  };
  options.show?.({ ...report, account: kind === 'user' ? account : null });
  if (signer.sign === null) return { ...report, jwt: null, pushed: null };
  const after = request.notIssuedBefore - 1;
  const { token } = await signChecked<SignedClaims>(
    unsigned,
    { ...signer, sign: signer.sign },
    { now: workspace.now, after },
  );
  return { ...report, jwt: token, pushed: push && (await pushSigned(push, request, token)) };
}

/** The store is what says whose keys may sign: a request only says which of them the service would take. */
async function chooseSigner(
  { keystore, store }: Workspace,
  operator: OperatorClaims,
  { kind, claims, signers }: SignRequest,
  dryRun: boolean,
): Promise<{ publicKey: string; sign: Signer['sign'] | null }> {
  const known = await knownSigners({ store, operator, kind, claims, signers });
  const allowed = signers.filter((key) => known.includes(key));
  if (allowed.length === 0) {
    throw cliError(
      'ERR_SIGNER_UNTRUSTED',
      `none of the keys that it names may sign this under operator ${store.name}`,
      {
        hint: 'check --operator, and pull it first where its keys were changed',
        details: { signers, known },
      },
    );
  }
  if (!dryRun) await unlockByQuestion(keystore);
  for (const publicKey of allowed) {
    if (dryRun) {
      if (await holdsSeed(keystore, publicKey)) return { publicKey, sign: null };
      continue;
    }
    const seed = await findSeed(keystore, publicKey);
    if (seed) return { publicKey, sign: (data) => seedSigner(seed).sign(data) };
  }
  throw cliError('ERR_SIGNER_MISSING', `none of the keys that may sign this is in the keystore ${keystore}`, {
    hint: `import one of: ${allowed.join(', ')}`,
    details: { allowed, keystore },
  });
}

async function knownSigners({
  store,
  operator,
  kind,
  claims,
  signers,
}: Pick<SignRequest, 'kind' | 'claims' | 'signers'> & {
  store: Workspace['store'];
  operator: OperatorClaims;
}): Promise<string[]> {
  if (kind === 'account') return accountSigners(operator);
  if (kind === 'operator') return claims.sub === operator.sub ? [operator.sub, ...operator.nats.signing_keys] : [];
  const id = accountOf(claims as UserClaims, signers);
  const account = (await findAccountByKey(store, id))?.jwt.claims;
  if (account) return [account.sub, ...account.nats.signing_keys.keys()];
  throw cliError(
    'ERR_ACCOUNT_FOREIGN',
    `the account ${id} of this user is not in the store of operator ${store.name}`,
    {
      hint: 'pull it first: `natsctl pull`',
      details: { account: id },
    },
  );
}

/** A user whose claims name no account was to be signed by the account's identity key, the only one that may then. */
function accountOf({ nats }: UserClaims, signers: string[]): string {
  return nats.issuer_account ?? signers[0] ?? '';
}

/** The identity key signs for its own account; any other says for which one it does. */
function forSigner(claims: UserClaims, { signers }: SignRequest, signer: string): UserClaims {
  const account = accountOf(claims, signers);
  const { issuer_account: _earlier, ...nats } = claims.nats;
  return { ...claims, nats: signer === account ? nats : { ...nats, issuer_account: account } };
}

async function beforeOf(
  { store }: Workspace,
  operator: OperatorClaims,
  { sub, nats }: SignedClaims,
  push: SendTo | null,
): Promise<SignedClaims | null> {
  if (nats.type === 'operator') return operator;
  if (nats.type === 'user') return null;
  if (push === null) return (await findAccountByKey(store, sub))?.jwt.claims ?? null;
  const held = await fetchAccount(push.base, sub, { timeoutMs: push.timeoutMs });
  const claims = held && readable(sub, held.token)?.claims;
  // A service could make one up to which nothing seems to be added.
  return claims && accountSigners(operator).includes(claims.iss) ? claims : null;
}

/** Whoever this store knows to be revoked is not let in again because a service forgot. */
async function refuseDropped({ store }: Workspace, claims: AccountClaims, force: boolean): Promise<void> {
  if (force) return;
  const known = [(await findAccountByKey(store, claims.sub))?.jwt.claims, (await readBase(store, claims.sub))?.claims];
  for (const before of known) {
    if (!before) continue;
    const { users, activations } = lostRevocations(before, claims);
    const dropped = [...users, ...activations];
    if (dropped.length === 0) continue;
    throw cliError(
      'ERR_REVOCATIONS_DROPPED',
      `these claims lack ${dropped.length} ${dropped.length === 1 ? 'revocation' : 'revocations'} that this store knows (${dropped[0]?.user})`,
      { hint: 'where they are to come back: --force', details: { account: claims.sub, dropped } },
    );
  }
}
