import { isNatsctlError } from '../../claims/errors.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import type { UserClaims } from '../../claims/types.js';
import { RESOLVER_SUBJECTS } from '../../resolver/nats.js';
import type { Login } from '../client/connect.js';
import { loginOf } from '../client/connection.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { accountSigner } from '../signer.js';
import { readCreds } from '../store/keystore.js';
import { findAccount, findAccountByKey, readOperator, type StoredAccount } from '../store/store.js';
import { findUser, listUserNames } from '../store/users.js';
import type { Workspace } from '../workspace.js';

/** As whom to connect to the system account. */
export interface SystemUser {
  systemAccount?: string | undefined;
  systemUser?: string | undefined;
  creds?: string | undefined;
}

/** nsc's two minutes; more where many accounts are to be gone through. */
const LIFETIME_SECONDS = 120;
const SECONDS_PER_ACCOUNT = 0.1;

/**
 * A user for this one command: made by a key of the system account, allowed what a resolver's client needs and gone after two
 * minutes. Where no key is here that may make it, a stored user of the system account whose seed is here.
 *
 * @param accounts how many are to be gone through
 */
export async function systemLogin(workspace: Workspace, choice: SystemUser, accounts: number): Promise<Login> {
  if (choice.creds !== undefined) return readCreds(choice.creds);
  const account = await systemAccount(workspace, choice.systemAccount);
  if (choice.systemUser !== undefined) {
    return loginOf(workspace, account.name, (await findUser(workspace.store, account.name, choice.systemUser)).name);
  }
  try {
    return await temporaryUser(workspace, account, LIFETIME_SECONDS + Math.ceil(accounts * SECONDS_PER_ACCOUNT));
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_SIGNER_MISSING')) throw error;
    const stored = await storedUser(workspace, account);
    if (stored !== null) return stored;
    throw cliError(
      'ERR_SIGNER_MISSING',
      `neither a key that may sign users of the system account ${account.name} nor one of its users is here`,
      {
        hint: 'name a creds file of such a user with --system-creds, or import a key: `natsctl keys import`',
        details: { ...error.details, account: account.jwt.claims.sub },
        cause: error,
      },
    );
  }
}

/** The one named, or that of the operator's JWT. */
export async function systemAccount({ store }: Workspace, named: string | undefined): Promise<StoredAccount> {
  if (named !== undefined) return findAccount(store, named);
  const key = (await readOperator(store)).claims.nats.system_account;
  const account = key === undefined ? undefined : await findAccountByKey(store, key);
  if (account !== undefined) return account;
  const message =
    key === undefined
      ? `operator ${store.name} names no system account, over which resolvers in nats-servers are reached`
      : `the operator's system account ${key} is not in this store`;
  throw cliError('ERR_SYSTEM_ACCOUNT_MISSING', message, {
    hint: 'name it with --system-account, or a creds file of one of its users with --system-creds',
    details: key === undefined ? {} : { account: key },
  });
}

async function temporaryUser(workspace: Workspace, account: StoredAccount, seconds: number): Promise<Login> {
  const { claims } = account.jwt;
  const strict = (await readOperator(workspace.store)).claims.nats.strict_signing_key_usage === true;
  const { signer } = await accountSigner(workspace, claims, { strict });
  const seed = Seed.generate('user');
  const issuer = signer.publicKey === claims.sub ? {} : { issuerAccount: claims.sub };
  const user = newUser(seed.publicKey, 'natsctl temporary resolver client', issuer);
  user.exp = workspace.now + seconds;
  user.nats.pub = { allow: [...RESOLVER_SUBJECTS], deny: [] };
  user.nats.sub = { allow: ['_INBOX.>'], deny: [] };
  const { token } = await signChecked<UserClaims>(user, signer, { now: workspace.now });
  return { token, seed };
}

async function storedUser(workspace: Workspace, account: StoredAccount): Promise<Login | null> {
  for (const name of await listUserNames(workspace.store, account.name)) {
    try {
      return await loginOf(workspace, account.name, name);
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
    }
  }
  return null;
}
