import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { accountOfUser } from '../../claims/trust/user.js';
import type { ServerAccounts, ServerAnswer } from '../../resolver/claims-answer.js';
import {
  deleteAccounts,
  listAccounts,
  lookupAccount,
  packAccounts,
  pingServers,
  updateAccount,
} from '../../resolver/nats.js';
import { withoutPassword } from '../../resolver/url.js';
import { connectTo } from '../client/connect.js';
import { connectionFault } from '../client/fault.js';
import { cliError } from '../errors.js';
import type { Workspace } from '../workspace.js';
import { type Held, NOTHING_HELD, newestOf } from './held.js';
import type { RemoteOptions } from './remote-options.js';
import { serviceFault } from './service-url.js';
import { systemLogin } from './system-login.js';

/** The full resolvers of a system of nats-servers, over a connection of the system account. */
export interface NatsRemote {
  readonly kind: 'nats';
  readonly url: string;
  /** Who must answer, by id: every server that answered a ping. */
  readonly servers: ReadonlyMap<string, string>;
  /** How many of them there must be, where that was said and is more. */
  readonly expected: number;
  /** How many of those are not there. */
  readonly missing: number;
  /** Whose user this is. */
  readonly systemAccount: string;
  /** Every account that some server holds. */
  list(): Promise<string[]>;
  read(account: string): Promise<Held>;
  /** Every account at once, as one server has them. */
  pack(): Promise<Map<string, string>>;
  update(account: string, token: string): Promise<ServerAnswer[]>;
  /** @param request the signed list of what is to go */
  remove(request: string): Promise<ServerAnswer[]>;
  /** Looks which servers answer now, after a while: before a second try. */
  lookAgain(attempt: number): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** Answers of one system come within a round trip of each other; a supercluster spans the globe. */
const QUIET_MS = 300;
const RETRY_DELAY_MS = 500;

export async function openNatsRemote(
  workspace: Workspace,
  url: string,
  options: RemoteOptions,
  accounts: number,
): Promise<NatsRemote> {
  const login = await systemLogin(workspace, options, accounts);
  const connection = await connectTo(url.split(','), login, { reconnect: false, tls: options.tls });
  try {
    return await overConnection(connection, url, accountOfUser(login.token), options);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function overConnection(
  connection: NatsConnection,
  url: string,
  system: string,
  options: RemoteOptions,
): Promise<NatsRemote> {
  const where = withoutPassword(url);
  const waitMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let violation: Error | undefined;
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') violation ??= status.error;
  })();
  /** Silence because of a permission is told as what it is. */
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      const answer = await question();
      if (violation) throw violation;
      return answer;
    } catch (error) {
      throw serviceFault(connectionFault(violation ?? error, [where]));
    }
  };
  const wanted = options.servers;
  const ping = () =>
    ask(() =>
      pingServers(connection, { waitMs, quietMs: QUIET_MS, ...(wanted !== undefined && { expectServers: wanted }) }),
    );
  const lookup = (account: string, expectServers?: number) =>
    ask(() =>
      lookupAccount(connection, account, {
        waitMs,
        quietMs: QUIET_MS,
        ...(expectServers !== undefined && { expectServers }),
      }),
    );
  // How many of the servers keep accounts is found by asking for the one that each of them keeps.
  const countResolvers = async () => (await lookup(system)).answers;
  let listing: Promise<Listed> | undefined;
  const listed = () => {
    listing ??= ask(async () => unionOf(await listAccounts(connection, { waitMs, quietMs: QUIET_MS })));
    return listing;
  };

  // Each of them waits until no more answers come: at once, so that it is waited once.
  const [servers, counted] = await Promise.all([ping(), countResolvers(), listed()]);
  if (servers.size === 0) throw nobody(where, 'no server answers there on the system account');
  if (counted === 0) throw nobody(where, 'none of the servers there keeps accounts');
  let resolvers = counted;
  let alive: ReadonlySet<string> = new Set(servers.keys());
  let looking: Promise<void> | undefined;
  /** Who does not answer a ping either is not waited for again. */
  const look = () => {
    looking ??= ping().then((now) => {
      for (const [id, name] of now) servers.set(id, name);
      alive = new Set(now.keys());
      looking = undefined;
    });
    return looking;
  };

  const expected = () => Math.max(wanted ?? 0, servers.size);

  return {
    kind: 'nats',
    url: where,
    servers,
    systemAccount: system,
    get expected() {
      return expected();
    },
    get missing() {
      return expected() - servers.size;
    },
    async list() {
      const { keepers, accounts } = await listed();
      if (keepers.size === 0) throw nobody(where, 'no server there lists its accounts');
      return [...accounts].sort();
    },
    async read(account) {
      // Before 2.10 a server says nothing of an account that it has not; the lists do, where no server is short of one.
      const { keepers, accounts } = await listed();
      if (keepers.size >= resolvers && !accounts.has(account)) return NOTHING_HELD;
      let found = await lookup(account, resolvers);
      if (found.answers < resolvers) {
        // One of them is silent about it, or went away meanwhile and is not waited for again.
        resolvers = await countResolvers();
        if (resolvers === 0) throw nobody(where, 'no server there answers any more');
        if (found.answers === 0) found = await lookup(account, resolvers);
      }
      const silent = Math.max(0, resolvers - found.answers);
      return newestOf(account, found.tokens, found.without + silent);
    },
    async pack() {
      const packed = await ask(() => packAccounts(connection, { waitMs: waitMs * 20, quietMs: waitMs }));
      if (packed === null) throw nobody(where, 'no server there hands out its accounts');
      return packed;
    },
    async update(account, token) {
      const answers = await ask(() => updateAccount(connection, account, token, { waitMs, expectIds: alive }));
      const heard = new Set(answers.map((one) => one.serverId));
      if ([...alive].some((id) => !heard.has(id))) await look();
      return complete(servers, answers);
    },
    async remove(request) {
      const { keepers } = await listed();
      const expectIds = new Set(keepers.keys());
      return complete(keepers, await ask(() => deleteAccounts(connection, request, { waitMs, expectIds })));
    },
    async lookAgain(attempt) {
      await delay(RETRY_DELAY_MS * attempt);
      await look();
    },
    close: () => connection.close(),
  };
}

interface Listed {
  /** The servers that told: those that keep accounts, all or some. */
  keepers: ReadonlyMap<string, string>;
  accounts: ReadonlySet<string>;
}

function unionOf(lists: ServerAccounts[]): Listed {
  const keepers = new Map(lists.map(({ serverId, server }) => [serverId, server]));
  return { keepers, accounts: new Set(lists.flatMap((one) => one.accounts)) };
}

/** Servers that said nothing have not done it. Who answers twice is one server still, and done is what each answer says. */
function complete(servers: ReadonlyMap<string, string>, given: ServerAnswer[]): ServerAnswer[] {
  const heard = new Map<string, ServerAnswer>();
  for (const one of given) {
    const before = heard.get(one.serverId);
    if (before === undefined || before.ok) heard.set(one.serverId, one);
  }
  const answers = [...heard.values()];
  const silent = [...servers].filter(([id]) => !heard.has(id));
  return [
    ...answers,
    ...silent.map(([serverId, server]) => ({ server, serverId, ok: false, message: 'did not answer' })),
  ];
}

function nobody(url: string, what: string): Error {
  return cliError('ERR_RESOLVER_MISSING', `${what} (${url})`, {
    hint: 'check that they run with `resolver { type: full }` (`natsctl config generate --full`); accounts of a service are pushed to it: --service http://...',
    details: { url },
  });
}
