import type { Seed } from '../../claims/keys/seed.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import { fetchAccount } from '../../resolver/http.js';
import { cliError } from '../errors.js';
import { importOperator } from '../operator/import.js';
import type { FoundOperator } from '../operator/source.js';
import { exists } from '../store/atomic.js';
import { credsFile, writeSeed } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { findAccountByKey, openOperator } from '../store/store.js';
import { listUserNames, readUser } from '../store/users.js';
import { pull } from '../sync/pull.js';
import { serviceFault } from '../sync/service-url.js';
import { createUser } from '../user/create.js';
import { makeCreds } from '../user/creds.js';
import { selectContext, type Workspace } from '../workspace.js';

/** What nsc calls the user it makes. */
export const DEFAULT_USER = 'default';

export interface Loaded {
  operator: { name: string; publicKey: string; managed: boolean };
  account: { name: string; publicKey: string };
  /** On a dry run without key and creds. */
  user: { name: string; publicKey: string | null; creds: string | null; created: boolean };
  serviceUrls: string[];
  store: string;
  dryRun: boolean;
}

/** From an operator's address and the seed of an account there to creds: operator, account and user come into the store. */
export async function load(
  paths: StorePaths,
  wanted: { found: FoundOperator; seed: Seed; user: string; dryRun?: boolean | undefined },
  now: number,
): Promise<Loaded> {
  const { found, seed } = wanted;
  const { claims } = found.jwt;
  const server = claims.nats.account_server_url;
  if (server === undefined || !/^https?:\/\//i.test(server)) {
    throw cliError('ERR_URL_INVALID', `operator ${found.name} names no HTTP account server to fetch the account from`, {
      hint: 'take the account in from a file: `natsctl operator import`, then `natsctl account import`',
      details: { operator: found.name, accountServerUrl: server ?? null },
    });
  }
  const { managed } = await importOperator(paths, { found, seeds: [], force: false, dryRun: wanted.dryRun }, now);
  const operator = { name: found.name, publicKey: claims.sub, managed };
  const about = { operator, serviceUrls: claims.nats.operator_service_urls, store: paths.storeRoot };
  if (wanted.dryRun) {
    const name = await nameThere(found, server, seed.publicKey, now);
    const user = { name: wanted.user, publicKey: null, creds: null, created: true };
    return { ...about, account: { name, publicKey: seed.publicKey }, user, dryRun: true };
  }
  const store = await openOperator(paths.storeRoot, found.name);
  const workspace: Workspace = { paths, store, keystore: paths.keystore, now };
  const name = await pullAccount(workspace, server, seed.publicKey);
  await writeSeed(paths.keystore, seed);
  const user = await userOf(workspace, name, wanted.user);
  await selectContext(paths, { operator: store.name, account: name }, now);
  return { ...about, account: { name, publicKey: seed.publicKey }, user, dryRun: false };
}

/** What the account is called, where the server holds it and its operator signed it. */
async function nameThere({ jwt }: FoundOperator, server: string, key: string, now: number): Promise<string> {
  const held = await fetchAccount(server, key).catch((error) => {
    throw serviceFault(error);
  });
  if (held === null) throw cliError('ERR_PULL_UNTRUSTED', `the account server holds no account ${key}`);
  const { claims } = verifyAccount(held.token, trustOperators([jwt.claims]), { now, subject: key, allowExpired: true });
  return claims.name ?? key;
}

async function pullAccount(workspace: Workspace, service: string, key: string): Promise<string> {
  const { accounts } = await pull(workspace, { service, accounts: [key] });
  const [row] = accounts;
  if (row?.result === 'refused') {
    throw cliError('ERR_PULL_UNTRUSTED', row.message ?? 'the account cannot be fetched', {
      ...(row.hint && { hint: row.hint }),
      details: { account: key, code: row.code },
    });
  }
  return (await findAccountByKey(workspace.store, key))?.name ?? key;
}

async function userOf(workspace: Workspace, account: string, name: string): Promise<Loaded['user']> {
  const { store, keystore } = workspace;
  if ((await listUserNames(store, account)).includes(name)) {
    const { claims } = (await readUser(store, account, name)).jwt;
    // That its private key is here is what makes it of use.
    await makeCreds(workspace, { user: name, account });
    const creds = credsFile(keystore, store.name, account, name);
    return { name, publicKey: claims.sub, creds: (await exists(creds)) ? creds : null, created: false };
  }
  const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
  const made = await createUser(workspace, { name, account, ...none });
  return { name, publicKey: made.publicKey, creds: made.creds, created: true };
}
