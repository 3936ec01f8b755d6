import { randomBytes } from 'node:crypto';
import { checkEntityName } from '../../claims/names.js';
import { type CreatedAccount, createAccount } from '../account/create.js';
import { cliError } from '../errors.js';
import { createOperator, SYSTEM_ACCOUNT } from '../operator/create.js';
import { importOperator } from '../operator/import.js';
import { readOperatorSource } from '../operator/source.js';
import { knownOperator, knownOperators } from '../operator/well-known.js';
import type { StorePaths } from '../store/paths.js';
import {
  listOperatorNames,
  openOperator,
  readOperator,
  refuseTakenAccount,
  refuseTakenOperator,
} from '../store/store.js';
import { createUser } from '../user/create.js';
import { finishUnfinished, type Workspace } from '../workspace.js';

/** Where nsc has clients of a new operator connect. */
export const DEFAULT_SERVICE_URL = 'nats://localhost:4222';

export interface WantedStart {
  operator: string;
  account: string;
  user: string;
  /** Of an operator that somebody else runs: its JWT's file or URL. */
  remote?: string | undefined;
  serviceUrls: string[];
  accountServerUrl?: string | undefined;
  requireSigningKeys: boolean;
  dryRun?: boolean | undefined;
}

export interface Started {
  operator: { name: string; publicKey: string | null; managed: boolean; created: boolean };
  /** Null under an operator that somebody else runs. */
  systemAccount: { name: string; publicKey: string | null; user: string; creds: string | null } | null;
  account: { name: string; publicKey: string | null };
  user: { name: string; publicKey: string | null; creds: string | null };
  serviceUrls: string[];
  accountServerUrl: string | null;
  store: string;
  dryRun: boolean;
}

export interface StartHooks {
  /** The operator is there; accounts made from now on may have to be handed to it. */
  ready: (workspace: Workspace) => Promise<void>;
}

/** From nothing to creds: an operator of one's own (or one that somebody else runs), an account, a user. */
export async function start(
  paths: StorePaths,
  wanted: WantedStart,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
  hooks: StartHooks,
): Promise<Started> {
  await finishUnfinished(paths);
  checkEntityName(wanted.account, 'account');
  checkEntityName(wanted.user, 'user');
  return wanted.remote === undefined
    ? startOwn(paths, wanted, now, hooks)
    : startUnder(paths, { ...wanted, remote: wanted.remote }, env, now, hooks);
}

async function startOwn(paths: StorePaths, wanted: WantedStart, now: number, hooks: StartHooks): Promise<Started> {
  await refuseTakenOperator(paths.storeRoot, wanted.operator);
  if (wanted.account.toLowerCase() === SYSTEM_ACCOUNT.toLowerCase()) {
    throw cliError('ERR_NAME_RESERVED', `${wanted.account} is the name of the system account`, {
      hint: 'choose another name for your account: --account NAME',
    });
  }
  const serviceUrls = wanted.serviceUrls.length > 0 ? wanted.serviceUrls : [DEFAULT_SERVICE_URL];
  if (wanted.dryRun) return planned(paths, wanted, { serviceUrls, managed: false, created: true });
  const created = await createOperator(
    paths,
    {
      name: wanted.operator,
      signingKey: true,
      requireSigningKeys: wanted.requireSigningKeys,
      serviceUrls,
      accountServerUrl: wanted.accountServerUrl,
    },
    now,
  );
  const { workspace, account, user } = await accountAndUser(paths, created.name, wanted, now, hooks);
  const { systemAccount } = created;
  return {
    operator: { name: created.name, publicKey: created.publicKey, managed: false, created: true },
    systemAccount: {
      name: systemAccount.name,
      publicKey: systemAccount.publicKey,
      user: systemAccount.user.name,
      creds: systemAccount.user.creds,
    },
    account: { name: account.name, publicKey: account.publicKey },
    user: { name: user.name, publicKey: user.publicKey, creds: user.creds },
    serviceUrls: created.serviceUrls,
    accountServerUrl: created.accountServerUrl,
    store: workspace.paths.storeRoot,
    dryRun: false,
  };
}

async function startUnder(
  paths: StorePaths,
  wanted: WantedStart & { remote: string },
  env: Readonly<Record<string, string | undefined>>,
  now: number,
  hooks: StartHooks,
): Promise<Started> {
  const found = await readOperatorSource(wanted.remote, env);
  const there = (await listOperatorNames(paths.storeRoot)).includes(found.name);
  if (there) await refuseTakenAccount(await openOperator(paths.storeRoot, found.name), wanted.account);
  const { managed } = await importOperator(paths, { found, seeds: [], force: false, dryRun: wanted.dryRun }, now);
  const serviceUrls = found.jwt.claims.nats.operator_service_urls;
  const accountServerUrl = found.jwt.claims.nats.account_server_url;
  const named = { ...wanted, operator: found.name, accountServerUrl };
  if (wanted.dryRun) return planned(paths, named, { serviceUrls, managed, created: !there });
  const { account, user } = await accountAndUser(paths, found.name, wanted, now, hooks);
  return {
    operator: { name: found.name, publicKey: found.jwt.claims.sub, managed, created: !there },
    systemAccount: null,
    account: { name: account.name, publicKey: account.publicKey },
    user: { name: user.name, publicKey: user.publicKey, creds: user.creds },
    serviceUrls,
    accountServerUrl: accountServerUrl ?? null,
    store: paths.storeRoot,
    dryRun: false,
  };
}

async function accountAndUser(
  paths: StorePaths,
  operator: string,
  wanted: WantedStart,
  now: number,
  hooks: StartHooks,
) {
  const store = await openOperator(paths.storeRoot, operator);
  const workspace: Workspace = { paths, store, keystore: paths.keystore, now };
  await readOperator(store);
  await hooks.ready(workspace);
  const account: CreatedAccount = await createAccount(workspace, { name: wanted.account });
  const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
  const user = await createUser(workspace, { name: wanted.user, account: account.name, ...none });
  return { workspace, account, user };
}

function planned(
  { storeRoot }: StorePaths,
  wanted: WantedStart,
  { serviceUrls, managed, created }: { serviceUrls: string[]; managed: boolean; created: boolean },
): Started {
  const own = { name: SYSTEM_ACCOUNT, publicKey: null, user: 'sys', creds: null };
  return {
    operator: { name: wanted.operator, publicKey: null, managed, created },
    systemAccount: wanted.remote === undefined ? own : null,
    account: { name: wanted.account, publicKey: null },
    user: { name: wanted.user, publicKey: null, creds: null },
    serviceUrls,
    accountServerUrl: wanted.accountServerUrl ?? null,
    store: storeRoot,
    dryRun: true,
  };
}

/** A name nobody has yet, as nsc makes one for `*`. */
export function randomName(): string {
  return `nats-${randomBytes(4).toString('hex')}`;
}

/** Where the JWT of an operator that is known by name is. */
export function remoteOperatorUrl(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const known = knownOperator(name, env);
  if (known) return known.url;
  const names = knownOperators(env).map((one) => one.name);
  throw cliError('ERR_OPERATOR_UNKNOWN', `no operator is known by the name ${name}`, {
    hint: `known: ${names.join(', ')}; make another one known with NSC_<NAME>_OPERATOR=URL, or give --url`,
    details: { operator: name },
  });
}
