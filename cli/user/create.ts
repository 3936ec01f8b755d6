import type { Unsigned } from '../../claims/jwt/encode.js';
import { newScopedUser, newUser } from '../../claims/jwt/new.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, UserClaims, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { hasEdits } from '../change/list.js';
import { refuseErrors, signChecked } from '../sign.js';
import { accountSigner } from '../signer.js';
import { keepCreds, writeSeed } from '../store/keystore.js';
import { readOperator } from '../store/store.js';
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
  /** What its role allows and this user does not get. */
  warnings: string[];
}

export async function createUser(workspace: Workspace, wanted: NewUser): Promise<CreatedUser> {
  checkEntityName(wanted.name, 'user');
  if (wanted.publicKey !== undefined) decodePublicKey(wanted.publicKey, 'user');
  return changing(workspace, () => create(workspace, wanted));
}

async function create(workspace: Workspace, wanted: NewUser): Promise<CreatedUser> {
  const { store, keystore, now } = workspace;
  const account = await chooseAccount(workspace, wanted.account);
  const accountClaims = account.jwt.claims;
  await refuseTakenUser(store, account.name, wanted.name);
  const strict = (await readOperator(store)).claims.nats.strict_signing_key_usage === true;
  const { signer, scope } = await accountSigner(workspace, accountClaims, { key: wanted.key, strict });

  const seed = wanted.publicKey === undefined ? Seed.generate('user') : null;
  const sub = seed?.publicKey ?? (wanted.publicKey as string);
  const byIdentity = signer.publicKey === accountClaims.sub;
  const claims = scope
    ? newScopedUser(sub, wanted.name, accountClaims.sub)
    : newUser(sub, wanted.name, byIdentity ? {} : { issuerAccount: accountClaims.sub });
  if (scope) refuseOwnPermissions(wanted, scope.role);
  else {
    claims.nats.pub = { allow: wanted.allowPub, deny: wanted.denyPub };
    claims.nats.sub = { allow: wanted.allowSub, deny: wanted.denySub };
    if (wanted.bearer) claims.nats.bearer_token = true;
    if (wanted.limits) claims.nats = editLimits(claims.nats, wanted.limits);
  }
  const bearer = scope ? scope.template.bearer_token : claims.nats.bearer_token;
  if (bearer && accountClaims.nats.limits.disallow_bearer) throw bearerDisallowed(account.name, scope);
  if (wanted.start) claims.nbf = wanted.start;
  if (wanted.expiry) claims.exp = wanted.expiry;
  if (wanted.tags && wanted.tags.length > 0) claims.nats.tags = wanted.tags;
  const warnings = scope ? checkTemplate(claims, accountClaims, scope) : [];
  refuseRevokedKey(accountClaims, account.name, sub, now);
  const jwt = await signChecked<UserClaims>(claims, signer, { now, after: afterRevocations(accountClaims) });

  if (seed) await writeSeed(keystore, seed);
  await writeUser(store, account.name, wanted.name, jwt.token);
  const names = { operator: store.name, account: account.name, user: wanted.name };
  const creds = seed ? await keepCreds(keystore, names, jwt.token, seed) : null;
  return {
    name: wanted.name,
    publicKey: sub,
    account: account.name,
    accountKey: accountClaims.sub,
    issuer: signer.publicKey,
    role: scope?.role ?? null,
    expires: jwt.claims.exp ?? 0,
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
