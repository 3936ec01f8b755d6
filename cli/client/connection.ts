import type { NatsConnection } from '@nats-io/nats-core';
import { isNatsctlError } from '../../claims/errors.js';
import type { Seed } from '../../claims/keys/seed.js';
import { cliError, usageError } from '../errors.js';
import { credsFile, readCreds, readSeed } from '../store/keystore.js';
import { readOperator } from '../store/store.js';
import { findUser, listUserNames } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** Where `natsctl up` listens unless told otherwise. */
const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
const CONNECT_TIMEOUT_MS = 5_000;

export interface ClientOptions {
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
  // Loaded here, so that no other command pays for it.
  const [{ jwtAuthenticator }, { connect }] = await Promise.all([
    import('@nats-io/nats-core'),
    import('@nats-io/transport-node'),
  ]);
  let connection: NatsConnection;
  try {
    connection = await connect({
      servers,
      authenticator: jwtAuthenticator(token, new TextEncoder().encode(seed.reveal())),
      name: 'natsctl',
      reconnect: options.reconnect,
      timeout: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    throw connectionFault(error, servers);
  }
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

async function userOfStore(workspace: Workspace, options: ClientOptions): Promise<{ token: string; seed: Seed }> {
  const account = await chooseAccount(workspace, options.account);
  const names = await listUserNames(workspace.store, account.name);
  const name = options.user ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw usageError(
      '--user is missing',
      names.length === 0 ? `account ${account.name} has no user yet` : `one of: ${names.join(', ')}`,
    );
  }
  const user = await findUser(workspace.store, account.name, name);
  const seed = await readSeed(workspace.keystore, user.jwt.claims.sub, `user ${user.name}`).catch(async (error) => {
    // Some keep creds files without the seed beside them.
    if (!isNatsctlError(error, 'ERR_KEY_MISSING')) throw error;
    const file = credsFile(workspace.keystore, workspace.store.name, account.name, user.name);
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

/** Our code and words for what the client library throws; told apart by name, since the library is loaded late. */
export function connectionFault(error: unknown, servers: string[] = []): unknown {
  if (!(error instanceof Error) || isNatsctlError(error)) return error;
  const where = servers.length > 0 ? ` at ${servers.join(', ')}` : '';
  switch (error.name) {
    case 'AuthorizationError':
    case 'UserAuthenticationExpiredError':
      return cliError('ERR_BROKER_AUTHORIZATION', `the server${where} refuses this user: ${error.message}`, {
        hint: 'check that the account is pushed (`natsctl push`) and the user neither revoked nor expired (`natsctl user describe`)',
        cause: error,
      });
    case 'PermissionViolationError':
      return cliError('ERR_BROKER_PERMISSION', error.message, {
        hint: 'this user may not use that subject: see `natsctl user describe`',
        cause: error,
      });
    case 'ConnectionError':
    case 'TimeoutError':
      return cliError('ERR_BROKER_UNREACHABLE', `no server answers${where}: ${error.message}`, {
        hint: 'check that the broker is running (`natsctl up`), or name it with --server',
        cause: error,
      });
    case 'InvalidSubjectError':
    case 'InvalidArgumentError':
      return cliError('ERR_SUBJECT_INVALID', error.message, { cause: error });
    default:
      return cliError('ERR_BROKER_CLOSED', `the connection${where} ended: ${error.message}`, { cause: error });
  }
}
