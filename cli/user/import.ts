import { isRevoked } from '../../claims/account/revocation.js';
import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decode, decodeAs } from '../../claims/jwt/decode.js';
import type { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Decoded, UserClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import { refuseIssues } from '../account/import.js';
import { commitBatch, newBatch, putUser } from '../change/batch.js';
import { differences } from '../change/difference.js';
import type { ChangeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { findAccountByKey, isDamaged, readOperator, type StoredAccount } from '../store/store.js';
import { unarmored } from '../store/token-file.js';
import { listUsers, refuseTakenUser, type StoredUser } from '../store/users.js';
import { changing, type Workspace } from '../workspace.js';

export interface WantedUserImport {
  /** A token, bare or armored, or creds. */
  text: string;
  /** Replace the user that is here. */
  overwrite: boolean;
  /** Take it although it is not within its rules or its time. */
  skip: boolean;
  dryRun?: boolean | undefined;
}

export interface ImportedUser extends ChangeResult {
  name: string;
  publicKey: string;
  account: string;
  issuer: string;
  result: 'added' | 'updated' | 'unchanged';
  /** Whether its private key came along and is kept. */
  seed: boolean;
  /** Path of the creds, where its private key is here. */
  creds: string | null;
  warnings: string[];
}

/** Takes a loose user JWT, or creds, into the store: below the account that it names, which must be here. */
export async function importUser(workspace: Workspace, wanted: WantedUserImport): Promise<ImportedUser> {
  const { given, seed } = read(wanted.text);
  const issues = validate(given.claims, workspace.now);
  refuseIssues(issues, wanted.skip);
  const imported = await changing(workspace, () => take(workspace, given, seed, wanted));
  imported.warnings.unshift(...issues.map((issue) => issue.message));
  return imported;
}

function read(text: string): { given: Decoded<UserClaims>; seed: Seed | null } {
  if (!/BEGIN USER NKEY SEED/.test(text)) return { given: userToken(unarmored(text)), seed: null };
  const { token, seed } = parseCreds(text);
  return { given: userToken(token), seed };
}

function userToken(token: string): Decoded<UserClaims> {
  try {
    return decodeAs('user', token);
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_JWT_VERSION') || decode(token, { allowV1: true }).kind !== 'user') throw error;
    throw cliError('ERR_JWT_V1', 'this user JWT is of version 1, whose signature does not cover all of it', {
      hint: 'run `natsctl upgrade` where it comes from, or make a new user',
      cause: error,
    });
  }
}

async function take(
  workspace: Workspace,
  given: Decoded<UserClaims>,
  seed: Seed | null,
  wanted: WantedUserImport,
): Promise<ImportedUser> {
  const { store } = workspace;
  const { claims } = given;
  const account = await accountOf(workspace, claims);
  const here = await userWithKey(workspace, account.name, claims.sub);
  const name = here?.name ?? checkEntityName(claims.name ?? claims.sub, 'user');
  if (!here) await refuseTakenUser(store, account.name, name);
  const unchanged = here?.jwt.token === given.token;
  const found = differences('user', here?.jwt.claims ?? null, claims);
  if (here && !unchanged && !wanted.overwrite) {
    throw cliError('ERR_USER_EXISTS', `user ${name} is in account ${account.name} already, with another JWT`, {
      hint: 'add --overwrite to replace it; --dry-run with it shows what would change',
      details: { user: name, account: account.name, differences: found.map(({ path }) => path) },
    });
  }
  const batch = newBatch();
  await putUser(batch, workspace, { account: account.name, user: name }, here?.jwt.claims ?? null, given, seed);
  await commitBatch(workspace, batch, { seeds: [seed], dryRun: wanted.dryRun });
  const strict = (await readOperator(store)).claims.nats.strict_signing_key_usage === true;
  return {
    name,
    publicKey: claims.sub,
    account: account.name,
    issuer: claims.iss,
    result: unchanged ? 'unchanged' : here ? 'updated' : 'added',
    seed: seed !== null,
    creds: batch.changes[0]?.creds ?? null,
    changed: !unchanged,
    dryRun: wanted.dryRun === true,
    differences: found,
    warnings: warningsOf(account.jwt.claims, account.name, claims, strict),
  };
}

async function accountOf({ store }: Workspace, claims: UserClaims): Promise<StoredAccount> {
  const key = claims.nats.issuer_account ?? claims.iss;
  const account = await findAccountByKey(store, key);
  if (!account) {
    throw cliError('ERR_USER_FOREIGN', `the user is of account ${key}, which operator ${store.name} has not here`, {
      hint: 'import the account first: `natsctl account import FILE`, or fetch it with `natsctl pull`',
      details: { user: claims.sub, account: key },
    });
  }
  const { sub, nats } = account.jwt.claims;
  if (claims.iss === sub || nats.signing_keys.has(claims.iss)) return account;
  throw cliError('ERR_USER_FOREIGN', `the user is signed by ${claims.iss}, no key of account ${account.name}`, {
    hint: 'where the account has new keys, import or pull it first',
    details: { user: claims.sub, account: sub, issuer: claims.iss },
  });
}

async function userWithKey({ store }: Workspace, account: string, key: string): Promise<StoredUser | null> {
  for (const user of await listUsers(store, account)) {
    if (!isDamaged(user) && user.jwt.claims.sub === key) return user;
  }
  return null;
}

function warningsOf(account: AccountClaims, name: string, user: UserClaims, strict: boolean): string[] {
  return [
    ...(isRevoked(account.nats.revocations, user.sub, user.iat) ? [`the user is revoked in account ${name}`] : []),
    ...(strict && user.iss === account.sub
      ? ['the operator requires signing keys, and the identity key of the account signed it: servers refuse the user']
      : []),
  ];
}
