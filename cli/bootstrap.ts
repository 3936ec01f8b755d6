import { isRevoked } from '../claims/account/revocation.js';
import { isNatsctlError } from '../claims/errors.js';
import type { Seed } from '../claims/keys/seed.js';
import type { OperatorClaims } from '../claims/types.js';
import { createAccount } from './account/create.js';
import { cliError } from './errors.js';
import { createOperator, SYSTEM_USER } from './operator/create.js';
import { accountServerUrl, serviceUrls } from './operator/urls.js';
import { signChecked } from './sign.js';
import { operatorSelfSigner } from './signer.js';
import { exists } from './store/atomic.js';
import { readContextFile } from './store/context.js';
import { credsFile, findSeed, keepCreds, readSeed } from './store/keystore.js';
import type { StorePaths } from './store/paths.js';
import {
  findAccountByKey,
  listAccountNames,
  listOperatorNames,
  openOperator,
  readAccount,
  readOperator,
  type StoredAccount,
  withoutDamaged,
  writeOperator,
} from './store/store.js';
import { listUserNames, listUsers, readUser, type StoredUser } from './store/users.js';
import { createUser } from './user/create.js';
import { makeCreds } from './user/creds.js';
import { changing, selectContext, type Workspace } from './workspace.js';

export const LOCAL_OPERATOR = 'local';
export const DEMO_ACCOUNT = 'demo';
export const DEMO_USER = 'demo';

export interface EnsureLocalOptions {
  paths: StorePaths;
  operatorName?: string;
  /**
   * Where service and broker listen, recorded in the operator's JWT so that `push`, `pub` and nsc find them. Unknown before they
   * listen on a free port: call once without, and again with them.
   */
  serviceUrl?: string;
  brokerUrl?: string;
  /** Of the demo account, as the service holds it: a user that is revoked there is not offered while there is another. */
  revocations?: ReadonlyMap<string, number>;
  /** Unix seconds. */
  now: number;
}

export interface LocalEntities {
  operatorToken: string;
  operatorName: string;
  /** Of the operator's signing key: all that a service needs to sign accounts. */
  signingSeed: Seed;
  systemAccountToken: string;
  /** The text of a creds file. */
  systemCreds: string;
  accountName: string;
  accountKey: string;
  accountToken: string;
  userName: string;
  userKey: string;
  /** Every user of the account is revoked: the name that a new one could have. */
  nextUser: string | null;
  credsFile: string | null;
  /** The operator was made now. */
  created: boolean;
}

/** What `natsctl up` works with: an operator with signing key and system account, an account, a user. Made once, found later. */
export async function ensureLocal(options: EnsureLocalOptions): Promise<LocalEntities> {
  const { paths, now, operatorName = LOCAL_OPERATOR } = options;
  const created = !(await listOperatorNames(paths.storeRoot)).includes(operatorName);
  if (created) {
    await createOperator(
      // The context is chosen at the end, and only where there is none.
      { ...paths, contextWritable: false },
      {
        name: operatorName,
        signingKey: true,
        requireSigningKeys: false,
        serviceUrls: options.brokerUrl === undefined ? [] : [options.brokerUrl],
        accountServerUrl: options.serviceUrl,
      },
      now,
    ).catch((error) => {
      // Another process made it meanwhile.
      if (!isNatsctlError(error, 'ERR_OPERATOR_NAME_TAKEN')) throw error;
    });
  }
  const store = await openOperator(paths.storeRoot, operatorName);
  const workspace: Workspace = { paths: { ...paths, contextWritable: false }, store, keystore: paths.keystore, now };
  await recordAddresses(workspace, options);

  const operator = await readOperator(store);
  const account = await ensureAccount(workspace);
  const { user, nextUser } = await ensureUser(workspace, account, options.revocations ?? new Map());
  await chooseContext(paths, operatorName, account.name, now);
  return {
    operatorToken: operator.token,
    operatorName,
    signingSeed: await signingSeed(workspace, operator.claims),
    ...(await systemEntities(workspace, operator.claims)),
    accountName: account.name,
    accountKey: account.jwt.claims.sub,
    accountToken: account.jwt.token,
    userName: user.name,
    userKey: user.jwt.claims.sub,
    nextUser,
    credsFile: await ensureCreds(workspace, user),
    created,
  };
}

/** Puts the addresses into the operator's JWT where it has none, or others of this machine; what points elsewhere is the user's choice. */
async function recordAddresses(workspace: Workspace, options: EnsureLocalOptions): Promise<void> {
  const service = options.serviceUrl === undefined ? undefined : accountServerUrl(options.serviceUrl);
  const brokers = options.brokerUrl === undefined ? undefined : serviceUrls([options.brokerUrl]);
  await changing(workspace, async () => {
    const { claims } = await readOperator(workspace.store);
    const { account_server_url: oldService, operator_service_urls: oldBrokers } = claims.nats;
    const nats = { ...claims.nats };
    if (service !== undefined && isOurs(oldService)) nats.account_server_url = service;
    if (brokers !== undefined && oldBrokers.every(isOurs)) nats.operator_service_urls = brokers;
    const same = nats.account_server_url === oldService && nats.operator_service_urls.join() === oldBrokers.join();
    if (same) return;
    const signer = await operatorSelfSigner(workspace, claims, { previous: claims.iss });
    const jwt = await signChecked<OperatorClaims>({ ...claims, nats }, signer, {
      now: workspace.now,
      after: claims.iat,
    });
    await writeOperator(workspace.store, jwt.token);
  });
}

function isOurs(url: string | undefined): boolean {
  if (url === undefined) return true;
  try {
    return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
  } catch {
    return false;
  }
}

async function ensureAccount(workspace: Workspace): Promise<StoredAccount> {
  if (!(await listAccountNames(workspace.store)).includes(DEMO_ACCOUNT)) {
    await createAccount(workspace, { name: DEMO_ACCOUNT }).catch((error) => {
      if (!isNatsctlError(error, 'ERR_ACCOUNT_NAME_TAKEN')) throw error;
    });
  }
  return readAccount(workspace.store, DEMO_ACCOUNT);
}

/** The demo user, or another of its account where that one is revoked. None is made in a revoked one's place: that is a person's choice. */
async function ensureUser(
  workspace: Workspace,
  account: StoredAccount,
  revocations: ReadonlyMap<string, number>,
): Promise<{ user: StoredUser; nextUser: string | null }> {
  if (!(await listUserNames(workspace.store, account.name)).includes(DEMO_USER)) {
    const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
    await createUser(workspace, { name: DEMO_USER, account: account.name, ...none }).catch((error) => {
      if (!isNatsctlError(error, 'ERR_USER_NAME_TAKEN')) throw error;
    });
  }
  const demo = await readUser(workspace.store, account.name, DEMO_USER);
  const live = ({ jwt }: StoredUser) => !isRevoked(revocations, jwt.claims.sub, jwt.claims.iat);
  if (live(demo)) return { user: demo, nextUser: null };
  for (const other of withoutDamaged(await listUsers(workspace.store, account.name))) {
    if (live(other) && (await findSeed(workspace.keystore, other.jwt.claims.sub)))
      return { user: other, nextUser: null };
  }
  const taken = await listUserNames(workspace.store, account.name);
  let number = 2;
  while (taken.includes(`${DEMO_USER}${number}`)) number += 1;
  return { user: demo, nextUser: `${DEMO_USER}${number}` };
}

/** A creds file holds nothing that the JWT and the seed do not; it is written again where it is gone. Null where none are kept. */
async function ensureCreds({ store, keystore }: Workspace, user: StoredUser): Promise<string | null> {
  const file = credsFile(keystore, store.name, user.account, user.name);
  if (await exists(file)) return file;
  const seed = await readSeed(keystore, user.jwt.claims.sub, `user ${user.name}`);
  return keepCreds(keystore, { operator: store.name, account: user.account, user: user.name }, user.jwt.token, seed);
}

async function signingSeed(workspace: Workspace, operator: OperatorClaims): Promise<Seed> {
  for (const key of operator.nats.signing_keys) {
    const seed = await findSeed(workspace.keystore, key);
    if (seed) return seed;
  }
  throw cliError(
    'ERR_SIGNER_MISSING',
    `no signing key of operator ${workspace.store.name} is in ${workspace.keystore}`,
    {
      hint: `put one of these there: ${operator.nats.signing_keys.join(', ') || 'none is listed'}`,
      details: { allowed: operator.nats.signing_keys },
    },
  );
}

async function systemEntities(workspace: Workspace, operator: OperatorClaims) {
  const key = operator.nats.system_account;
  const account = key === undefined ? undefined : await findAccountByKey(workspace.store, key);
  if (!account) {
    throw cliError(
      'ERR_SYSTEM_ACCOUNT_MISSING',
      `operator ${workspace.store.name} has no system account in this store`,
      {
        hint: 'use another store (--store), where it can be made',
      },
    );
  }
  const users = withoutDamaged(await listUsers(workspace.store, account.name));
  const user = users.find((one) => one.name === SYSTEM_USER) ?? users[0];
  if (!user) {
    throw cliError('ERR_USER_UNKNOWN', `the system account ${account.name} has no user`, {
      hint: `create one: natsctl user create ${SYSTEM_USER} --account ${account.name}`,
    });
  }
  const creds = await makeCreds(workspace, { user: user.name, account: account.name });
  return { systemAccountToken: account.jwt.token, systemCreds: creds.text };
}

async function chooseContext(paths: StorePaths, operator: string, account: string, now: number): Promise<void> {
  if (!paths.contextWritable || readContextFile(paths.configFile).operator !== undefined) return;
  await selectContext(paths, { operator, account }, now);
}
