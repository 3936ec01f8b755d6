import type { NatsConnection } from '@nats-io/nats-core';
import { isNatsctlError } from '../../claims/errors.js';
import { usageError } from '../errors.js';
import { credsFile, readCreds, readSeed } from '../store/keystore.js';
import { readOperator } from '../store/store.js';
import { findUser, listUserNames } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { connectTo, type Login } from './connect.js';
import type { TlsChoice } from './tls.js';

/** Where `natsctl up` listens unless told otherwise. */
const DEFAULT_SERVER = 'nats://127.0.0.1:4222';

export interface ClientOptions extends TlsChoice {
  server?: string | undefined;
  creds?: string | undefined;
  user?: string | undefined;
  account?: string | undefined;
  /** Come back after the connection is lost. */
  reconnect: boolean;
}

export interface Client {
  readonly connection: NatsConnection;
  /** The first violation the server reported, if any so far. Ask after a flush, whose answer comes behind it. */
  violation(): Promise<Error | undefined>;
}

/**
 * Connects as a user of the store or with a creds file.
 *
 * @param workspace opened only where the store is needed: a creds file and a server address are enough without one
 */
export async function openClient(options: ClientOptions, workspace: () => Promise<Workspace>): Promise<Client> {
  const { token, seed } =
    options.creds === undefined ? await userOfStore(await workspace(), options) : await readCreds(options.creds);
  const servers = await chooseServers(options, workspace);
  const connection = await connectTo(servers, { token, seed }, { reconnect: options.reconnect, tls: options });
  let violation: Error | undefined;
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') violation ??= status.error;
    }
  })();
  return {
    connection,
    violation: async () => {
      // The status iterator hands over in a later turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return violation;
    },
  };
}

async function userOfStore(workspace: Workspace, options: ClientOptions): Promise<Login> {
  const account = await chooseAccount(workspace, options.account);
  const names = await listUserNames(workspace.store, account.name);
  const name = options.user ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw usageError(
      '--user is missing',
      names.length === 0 ? `account ${account.name} has no user yet` : `one of: ${names.join(', ')}`,
    );
  }
  return loginOf(workspace, account.name, name);
}

/** A user of the store, with its seed from the keystore or from its creds file. */
export async function loginOf(workspace: Workspace, account: string, name: string): Promise<Login> {
  const user = await findUser(workspace.store, account, name);
  const seed = await readSeed(workspace.keystore, user.jwt.claims.sub, `user ${user.name}`).catch(async (error) => {
    // Some keep creds files without the seed beside them.
    if (!isNatsctlError(error, 'ERR_KEY_MISSING')) throw error;
    const file = credsFile(workspace.keystore, workspace.store.name, account, user.name);
    const creds = await readCreds(file).catch(() => null);
    if (creds?.seed.publicKey !== user.jwt.claims.sub) throw error;
    return creds.seed;
  });
  return { token: user.jwt.token, seed };
}

async function chooseServers(options: ClientOptions, workspace: () => Promise<Workspace>): Promise<string[]> {
  if (options.server) return options.server.split(',').map((one) => one.trim());
  try {
    const { claims } = await readOperator((await workspace()).store);
    return claims.nats.operator_service_urls.length > 0 ? claims.nats.operator_service_urls : [DEFAULT_SERVER];
  } catch (error) {
    // With --creds the store may be missing altogether.
    if (options.creds === undefined || !isNatsctlError(error)) throw error;
    return [DEFAULT_SERVER];
  }
}
