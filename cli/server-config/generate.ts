import { isPublicKey } from '../../claims/keys/nkey.js';
import { type ConfigAccount, type ConfigResolver, serverConfigText } from '../../claims/server-config/config.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { Decoded, OperatorClaims } from '../../claims/types.js';
import { resolverUrls } from '../../resolver/url.js';
import { cliError, usageError } from '../errors.js';
import { safeText } from '../output/safe-text.js';
import { findAccount, findAccountByKey, isDamaged, listAccounts, readOperator } from '../store/store.js';
import { chooseService } from '../sync/service-url.js';
import type { Workspace } from '../workspace.js';
import { cacheResolver, type FolderSettings, fullResolver } from './resolver-block.js';
import { sentinelToken } from './sentinel.js';

/**
 * How the server gets at account JWTs. `url`: asks the service; `memory`: has them in the file; `full`: keeps a folder of them
 * all; `cache`: keeps a folder of those in use, and asks the full ones.
 */
export type ResolverKind = 'url' | 'memory' | 'full' | 'cache';

export interface WantedConfig extends FolderSettings {
  resolver: ResolverKind;
  service?: string | undefined;
  /** Name or key; default: the one the operator's JWT names. */
  systemAccount?: string | undefined;
  /** The only accounts that clients are let in to besides the system account: names or keys. */
  pinned?: string[] | undefined;
  /** Where the JWT of clients without one is. */
  sentinel?: string | undefined;
  serverName?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  /** Of the monitoring. */
  httpPort?: number | undefined;
}

export interface GeneratedConfig {
  operator: string;
  resolver: ResolverKind;
  systemAccount: string | null;
  /** Of the `url` resolver. */
  url: string | null;
  /** Written into the file. */
  accounts: { name: string; publicKey: string }[];
  /** Left out of it, and why. */
  leftOut: { name: string; reason: string }[];
  text: string;
}

/** A configuration file for nats-server: who is trusted, and where account JWTs come from. Limits are yours to add. */
export async function generateConfig(workspace: Workspace, wanted: WantedConfig): Promise<GeneratedConfig> {
  refuseForeign(wanted);
  const operator = await readOperator(workspace.store);
  const system = await systemAccount(workspace, operator, wanted.systemAccount);
  const head = {
    operator: { name: safeText(workspace.store.name), token: operator.token },
    system,
    listen: listen(wanted),
    restrictions: await restrictions(workspace, wanted),
  };
  const config = (resolver: ConfigResolver, more: Partial<GeneratedConfig> = {}): GeneratedConfig => ({
    operator: workspace.store.name,
    resolver: wanted.resolver,
    systemAccount: system?.key ?? null,
    url: null,
    accounts: [],
    leftOut: [],
    ...more,
    text: serverConfigText({ ...head, resolver }),
  });
  switch (wanted.resolver) {
    case 'url': {
      const url = resolverUrls(chooseService(wanted.service, operator.claims)).accounts.href;
      return config({ kind: 'url', url }, { url });
    }
    case 'memory': {
      const { accounts, leftOut } = await soundAccounts(workspace, operator);
      return config({ kind: 'memory', accounts }, { accounts: accounts.map(shown), leftOut });
    }
    case 'full':
    case 'cache': {
      if (!system) {
        throw cliError(
          'ERR_SYSTEM_ACCOUNT_MISSING',
          `operator ${workspace.store.name} has no system account, which a ${wanted.resolver} resolver needs`,
          {
            hint: 'name one with --system-account',
          },
        );
      }
      const folder = wanted.resolver === 'full' ? fullResolver(wanted) : cacheResolver(wanted);
      return config(folder, { accounts: [shown(system)] });
    }
  }
}

/** A flag that says nothing to this resolver would be believed to be in force. NATSCTL_TIMEOUT may be set for push. */
function refuseForeign({ resolver, ...wanted }: WantedConfig): void {
  if (resolver === 'full' || resolver === 'cache') return;
  const foreign = (['allowDelete', 'hardDelete', 'limit', 'ttl', 'interval'] as const).find((name) => wanted[name]);
  if (foreign === undefined) return;
  const flag = `--${foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageError(`${flag} does not go with --${resolver}`, 'it is for servers that keep accounts: --full, --cache');
}

function listen({ serverName, host, port, httpPort }: WantedConfig): string[] {
  if (serverName !== undefined && !/^\S+$/.test(serverName)) {
    throw usageError('--server-name is one word', 'no server starts with a space in its name');
  }
  const address = host === undefined || host === '' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return [
    ...(serverName === undefined ? [] : [`server_name: ${JSON.stringify(serverName)}`]),
    ...(host === undefined ? [] : [`host: ${JSON.stringify(host)}`]),
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(httpPort === undefined ? [] : [`http: ${JSON.stringify(`${address}:${httpPort}`)}`]),
  ];
}

async function restrictions({ store }: Workspace, { pinned = [], sentinel }: WantedConfig): Promise<string[]> {
  const keys = await Promise.all(
    pinned.map(async (one) => (isPublicKey(one, 'account') ? one : (await findAccount(store, one)).jwt.claims.sub)),
  );
  return [
    ...(keys.length === 0 ? [] : [`resolver_pinned_accounts: [${keys.join(', ')}]`]),
    ...(sentinel === undefined ? [] : [`default_sentinel: ${await sentinelToken(sentinel)}`]),
  ];
}

function shown({ name, key }: ConfigAccount): { name: string; publicKey: string } {
  return { name, publicKey: key };
}

async function systemAccount(
  { store }: Workspace,
  operator: Decoded<OperatorClaims>,
  wanted: string | undefined,
): Promise<ConfigAccount | null> {
  const named = operator.claims.nats.system_account;
  if (wanted === undefined && named === undefined) return null;
  const account =
    wanted === undefined ? await findAccountByKey(store, named as string) : await findAccount(store, wanted);
  if (!account) {
    throw cliError('ERR_SYSTEM_ACCOUNT_MISSING', `the operator's system account ${named} is not in this store`, {
      hint: 'fetch it with `natsctl pull A...`, or name another with --system-account',
      details: { account: named },
    });
  }
  // nats-server does not start when the two disagree.
  if (named !== undefined && account.jwt.claims.sub !== named) {
    throw cliError(
      'ERR_SYSTEM_ACCOUNT_MISSING',
      `the operator's JWT names ${named} as its system account, not ${account.name}`,
      {
        hint: 'leave --system-account out',
        details: { account: named },
      },
    );
  }
  return { name: account.name, key: account.jwt.claims.sub, token: account.jwt.token };
}

/** A server with one account it refuses in its preload does not start at all. */
async function soundAccounts({ store, now }: Workspace, operator: Decoded<OperatorClaims>) {
  const trusted = trustOperators([operator.claims]);
  const accounts: ConfigAccount[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const account of await listAccounts(store)) {
    try {
      if (isDamaged(account)) throw account.problem;
      const { claims, token } = account.jwt;
      verifyAccount(token, trusted, { now, subject: claims.sub });
      accounts.push({ name: account.name, key: claims.sub, token });
    } catch (error) {
      leftOut.push({ name: account.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { accounts, leftOut };
}
