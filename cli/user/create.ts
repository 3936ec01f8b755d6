import type { Unsigned } from '../../claims/jwt/encode.js';
import { newScopedUser, newUser } from '../../claims/jwt/new.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import type { Signer } from '../../claims/keys/signer.js';
import { lintUser } from '../../claims/lint/user.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, UserClaims, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { hasEdits } from '../change/list.js';
import { refuseErrors, signChecked } from '../sign.js';
import { type AccountSigner, accountSigner } from '../signer.js';
import { keepCreds, writeSeed } from '../store/keystore.js';
import { readOperator, type StoredAccount } from '../store/store.js';
import { refuseTakenUser, writeUser } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';
import { bearerDisallowed, scopedPermissions } from './edit.js';
import { editLimits, type LimitEdit } from './limits.js';
import { afterRevocations, refuseRevokedKey } from './revoked.js';

export interface NewUser {
  name: string;
  account?: string | undefined;
  /** The value of `--private-key`: signs; a role makes a scoped user. */
  key?: string | undefined;
  /** Of a user who keeps the seed: then there is no creds file. */
  publicKey?: string | undefined;
  allowPub: string[];
  allowSub: string[];
  denyPub: string[];
  denySub: string[];
  bearer: boolean;
  /** The other limits and permissions, and more of those above. */
  limits?: LimitEdit | undefined;
  start?: number | undefined;
  expiry?: number | undefined;
  tags?: string[] | undefined;
  /** Judge and sign it, and write nothing. */
  dryRun?: boolean | undefined;
}

export interface CreatedUser {
  name: string;
  publicKey: string;
  account: string;
  accountKey: string;
  issuer: string;
  /** Of the scoped signing key that signed it. */
  role: string | null;
  expires: number;
  /** Path of the creds file. */
  creds: string | null;
  /** What its role allows and this user does not get; what is valid and rarely meant. */
  warnings: string[];
}

export async function createUser(workspace: Workspace, wanted: NewUser): Promise<CreatedUser> {
  checkEntityName(wanted.name, 'user');
  if (wanted.publicKey !== undefined) decodePublicKey(wanted.publicKey, 'user');
  return changing(workspace, () => create(workspace, wanted));
}

async function create(workspace: Workspace, wanted: NewUser): Promise<CreatedUser> {
  const { store, keystore } = workspace;
  const making = await makingOf(workspace, await chooseAccount(workspace, wanted.account));
  const { name, jwt } = making.account;
  await refuseTakenUser(store, name, wanted.name);
  const by = await accountSigner(workspace, jwt.claims, { key: wanted.key, strict: making.strict });
  const made = await makeUser(making, by, wanted, ONE_BY_ONE);
  if (wanted.dryRun) return createdUser(making, by, made, null);

  if (made.seed) await writeSeed(keystore, made.seed);
  await writeUser(store, name, wanted.name, made.token);
  const names = { operator: store.name, account: name, user: wanted.name };
  const creds = made.seed ? await keepCreds(keystore, names, made.token, made.seed) : null;
  return createdUser(making, by, made, creds);
}

/** The account that users are made of, and what of its operator matters for them. */
export interface Making {
  readonly account: StoredAccount;
  /** The operator demands signing keys. */
  readonly strict: boolean;
  readonly now: number;
}

export interface MadeUser {
  claims: UserClaims;
  token: string;
  /** Null where the user keeps it. */
  seed: Seed | null;
  /** What its role allows and this user does not get; what is valid and rarely meant. */
  warnings: string[];
}

/** How keys and tokens are made. */
export interface Means {
  newSeed(): Seed | Promise<Seed>;
  sign(
    claims: Unsigned<UserClaims>,
    signer: Signer,
    options: { now: number; after: number },
  ): Promise<{ claims: UserClaims; token: string }>;
}

const ONE_BY_ONE: Means = { newSeed: () => Seed.generate('user'), sign: signChecked<UserClaims> };

export async function makingOf({ store, now }: Workspace, account: StoredAccount): Promise<Making> {
  return { account, strict: (await readOperator(store)).claims.nats.strict_signing_key_usage === true, now };
}

/** A key, where none is given, and a JWT that passes every rule. Nothing is written. */
export async function makeUser(
  { account: { name, jwt }, now }: Making,
  { signer, scope }: AccountSigner,
  wanted: NewUser,
  means: Means,
): Promise<MadeUser> {
  const account = jwt.claims;
  const seed = wanted.publicKey === undefined ? await means.newSeed() : null;
  const sub = seed?.publicKey ?? (wanted.publicKey as string);
  const byIdentity = signer.publicKey === account.sub;
  const claims = scope
    ? newScopedUser(sub, wanted.name, account.sub)
    : newUser(sub, wanted.name, byIdentity ? {} : { issuerAccount: account.sub });
  if (scope) refuseOwnPermissions(wanted, scope.role);
  else {
    claims.nats.pub = { allow: wanted.allowPub, deny: wanted.denyPub };
    claims.nats.sub = { allow: wanted.allowSub, deny: wanted.denySub };
    if (wanted.bearer) claims.nats.bearer_token = true;
    if (wanted.limits) claims.nats = editLimits(claims.nats, wanted.limits);
  }
  const bearer = scope ? scope.template.bearer_token : claims.nats.bearer_token;
  if (bearer && account.nats.limits.disallow_bearer) throw bearerDisallowed(name, scope);
  if (wanted.start) claims.nbf = wanted.start;
  if (wanted.expiry) claims.exp = wanted.expiry;
  if (wanted.tags && wanted.tags.length > 0) claims.nats.tags = wanted.tags;
  const warnings = scope ? checkTemplate(claims, account, scope) : [];
  refuseRevokedKey(account, name, sub, now);
  const signed = await means.sign(claims, signer, { now, after: afterRevocations(account) });
  const lints = lintUser(signed.claims, { scope, length: signed.token.length });
  return { ...signed, seed, warnings: [...warnings, ...lints.map(({ message }) => message)] };
}

export function createdUser(
  { account: { name, jwt } }: Making,
  { signer, scope }: AccountSigner,
  { claims, warnings }: MadeUser,
  creds: string | null,
): CreatedUser {
  return {
    name: claims.name ?? claims.sub,
    publicKey: claims.sub,
    account: name,
    accountKey: jwt.claims.sub,
    issuer: signer.publicKey,
    role: scope?.role ?? null,
    expires: claims.exp ?? 0,
    creds,
    warnings,
  };
}

/** What a role gives depends on the user's name and tags; a user whom it gives nothing, or the wrong thing, is not made. */
function checkTemplate(claims: Unsigned<UserClaims>, account: AccountClaims, scope: UserScope): string[] {
  const issues = validateScopedUser(claims, account, scope);
  refuseErrors(claims.name ?? claims.sub, issues);
  return issues.map((issue) => issue.message);
}

function refuseOwnPermissions(wanted: NewUser, role: string): void {
  const own = [wanted.allowPub, wanted.allowSub, wanted.denyPub, wanted.denySub].some((list) => list.length > 0);
  if (own || wanted.bearer || hasEdits(wanted.limits)) throw scopedPermissions(role);
}
