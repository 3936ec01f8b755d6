import { lostRevocations } from '../../claims/account/revocation.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { Signer } from '../../claims/keys/signer.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { checkEntityName } from '../../claims/names.js';
import { accountSigners } from '../../claims/trust/operators.js';
import type { AccountClaims, ActivationClaims, OperatorClaims, UserClaims, UserScope } from '../../claims/types.js';
import { fetchAccount } from '../../resolver/http.js';
import { type Difference, differences } from '../change/difference.js';
import { cliError } from '../errors.js';
import { unlockByQuestion } from '../sealed/unlock.js';
import { signChecked } from '../sign.js';
import { resolveSeed } from '../signer.js';
import { readBase } from '../store/base.js';
import { findSeed, holdsSeed } from '../store/keystore.js';
import { findAccountByKey, readOperator } from '../store/store.js';
import { readable } from '../sync/held.js';
import type { Workspace } from '../workspace.js';
import { type PushedTo, pushSigned, refuseUnpushable, type SendTo } from './push-signed.js';
import { accountOf, type SignedClaims, type SignedKind, type SignRequest } from './sign-request.js';

export interface SignOptions {
  /** The value of `--private-key`. */
  key?: string | undefined;
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
  /** Of a user: where it would be let in. Of an activation: whose export. */
  account: string | null;
  /** What is sent after the JWT. */
  rest: { request: string; body: Record<string, unknown> | null }[];
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
  const account = accountOf(claims, request.signers);
  const isByAccount = kind === 'user' || kind === 'activation';
  if (account === operator.nats.system_account && !options.operatorClaims) {
    throw cliError(
      'ERR_SIGN_OPERATOR',
      `this ${kind} is of the system account, whose users have power over all servers`,
      {
        hint: 'look at it with --dry-run --operator-claims, then sign with --operator-claims',
      },
    );
  }
  // That of an activation is the subject.
  if (claims.name !== undefined && kind !== 'activation') checkEntityName(claims.name, kind);
  if (kind === 'account') await refuseDropped(workspace, claims as AccountClaims, options.force);
  const signer = await chooseSigner(workspace, operator, request, options);
  const before = await beforeOf(workspace, operator, claims, push);
  const unsigned = isByAccount ? forSigner(claims as ByAccount, request, signer.publicKey) : claims;
  const report = {
    kind,
    subject: claims.sub,
    name: claims.name ?? null,
    signer: signer.publicKey,
    differences: differences(kind, before, unsigned),
    dryRun,
  };
  const rest = request.rest.map(({ method, path, body }) => ({ request: `${method} ${path}`, body }));
  options.show?.({ ...report, account: isByAccount ? account : null, rest: push ? rest : [] });
  if (signer.sign === null) return { ...report, jwt: null, pushed: null };
  const after = request.notIssuedBefore - 1;
  const { token } = await signChecked<SignedClaims>(
    unsigned,
    { ...signer, sign: signer.sign },
    { now: workspace.now, after },
  );
  return { ...report, jwt: token, pushed: push && (await pushSigned(push, request, token)) };
}

type ByAccount = UserClaims | ActivationClaims;

/** The store is what says whose keys may sign: a request only says which of them the service would take. */
async function chooseSigner(
  workspace: Workspace,
  operator: OperatorClaims,
  { kind, claims, signers }: SignRequest,
  { dryRun, key }: Pick<SignOptions, 'dryRun' | 'key'>,
): Promise<{ publicKey: string; sign: Signer['sign'] | null }> {
  const { keystore, store } = workspace;
  const scopes = await knownSigners({ store, operator, kind, claims, signers });
  const known = [...scopes.keys()];
  const trusted = signers.filter((one) => known.includes(one));
  const isNamed = key !== undefined && (isPublicKey(key) || known.some((one) => scopes.get(one)?.role === key));
  const given = key === undefined || isNamed ? null : await resolveSeed(workspace, key, ['operator', 'account']);
  const wanted = (one: string) => one === (given?.publicKey ?? key) || scopes.get(one)?.role === key;
  const allowed = key === undefined ? trusted : trusted.filter(wanted);
  if (allowed.length === 0) {
    const which = key === undefined || trusted.length === 0 ? 'none of the keys that it names' : 'the key named';
    throw cliError('ERR_SIGNER_UNTRUSTED', `${which} may sign this under operator ${store.name}`, {
      hint:
        trusted.length === 0
          ? 'check --operator, and pull it first where its keys were changed'
          : `one of: ${trusted.join(', ')}`,
      details: { signers, known },
    });
  }
  if (given) return { publicKey: given.publicKey, sign: dryRun ? null : seedSigner(given).sign };
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
    hint: `import one of: ${allowed.join(', ')}; or name one that is elsewhere with --private-key`,
    details: { allowed, keystore },
  });
}

/** The keys that may sign it, each with its role where it has one. */
async function knownSigners({
  store,
  operator,
  kind,
  claims,
  signers,
}: Pick<SignRequest, 'kind' | 'claims' | 'signers'> & {
  store: Workspace['store'];
  operator: OperatorClaims;
}): Promise<ReadonlyMap<string, UserScope | null>> {
  const plain = (keys: string[]) => new Map(keys.map((key) => [key, null]));
  if (kind === 'account') return plain(accountSigners(operator));
  if (kind === 'operator') {
    return plain(claims.sub === operator.sub ? [operator.sub, ...operator.nats.signing_keys] : []);
  }
  const id = accountOf(claims, signers);
  const account = (await findAccountByKey(store, id))?.jwt.claims;
  if (account) {
    const keys = [...account.nats.signing_keys].filter(([, scope]) => kind === 'user' || scope === null);
    return new Map([[account.sub, null], ...keys]);
  }
  const what = kind === 'user' ? 'user' : 'activation';
  throw cliError(
    'ERR_ACCOUNT_FOREIGN',
    `the account ${id} of this ${what} is not in the store of operator ${store.name}`,
    {
      hint: 'pull it first: `natsctl pull`',
      details: { account: id },
    },
  );
}

/** The identity key signs for its own account; any other says for which one it does. */
function forSigner(claims: ByAccount, { signers }: SignRequest, signer: string): ByAccount {
  const account = accountOf(claims, signers);
  const { issuer_account: _earlier, ...nats } = claims.nats;
  return { ...claims, nats: signer === account ? nats : { ...nats, issuer_account: account } } as ByAccount;
}

async function beforeOf(
  { store }: Workspace,
  operator: OperatorClaims,
  { sub, nats }: SignedClaims,
  push: SendTo | null,
): Promise<SignedClaims | null> {
  if (nats.type === 'operator') return operator;
  if (nats.type === 'user' || nats.type === 'activation') return null;
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
