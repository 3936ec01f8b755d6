import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { type ConfigAccount, type ConfigResolver, serverConfigText } from '../../claims/server-config/config.js';
import { verifyAccount } from '../../claims/trust/account.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import { resolverUrls } from '../../resolver/url.js';
import type { ServiceErrorCode } from '../errors.js';
import { printable } from '../http/problem.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { servedOperator } from './served-operator.js';

export interface WantedConfig {
  resolver: 'url' | 'memory' | 'full' | 'cache';
  /** Of this service, as the servers reach it. */
  service: string;
  /** Of a full or caching resolver. */
  dir: string;
  /** Of a full one. */
  allowDelete: boolean;
}

/** A file that a server reads whole at its start; who has more accounts has a resolver. */
const MAX_IN_FILE = 10_000;

/** What `natsctl config generate` writes, from what this service holds: that file starts a nats-server which trusts the operator. */
export async function serverConfig(
  { store: { db }, now }: Service,
  key: string,
  wanted: WantedConfig,
): Promise<string> {
  const { row, claims, trusted } = await servedOperator(db, key);
  const systemKey = claims.nats.system_account;
  const system = systemKey === undefined ? null : await configAccount(db, row.key, systemKey);
  if (system === null && (wanted.resolver === 'full' || wanted.resolver === 'cache')) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_SYSTEM_ACCOUNT_MISSING',
      `this service has no system account of operator ${row.name}, which a ${wanted.resolver} resolver needs`,
      { hint: 'push it, and have the operator JWT name it' },
    );
  }
  const { resolver, notes } = await resolverOf(db, row.key, wanted, trusted, now());
  return serverConfigText({
    operator: { name: printable(row.name), token: row.jwt },
    system,
    resolver,
    notes,
  });
}

async function resolverOf(
  db: Queries,
  operatorKey: string,
  { resolver: kind, service, dir, allowDelete }: WantedConfig,
  trusted: TrustedOperators,
  now: number,
): Promise<{ resolver: ConfigResolver; notes: string[] }> {
  switch (kind) {
    case 'url':
      return { resolver: { kind, url: resolverUrls(service).accounts.href }, notes: [] };
    case 'memory': {
      const { accounts, notes } = await soundAccounts(db, operatorKey, trusted, now);
      return { resolver: { kind, accounts }, notes };
    }
    case 'full':
      return { resolver: { kind, dir, allowDelete }, notes: [] };
    case 'cache':
      return { resolver: { kind, dir }, notes: [] };
  }
}

async function configAccount(db: Queries, operatorKey: string, key: string): Promise<ConfigAccount | null> {
  const row = await db.account.findFirst({ where: { key, operatorKey } });
  return row && { name: printable(row.name), key: row.key, token: row.jwt };
}

/** A server with one account it refuses in its preload does not start at all: such a one is left out, and said. */
async function soundAccounts(db: Queries, operatorKey: string, trusted: TrustedOperators, now: number) {
  const rows = await db.account.findMany({ where: { operatorKey }, take: MAX_IN_FILE + 1 });
  if (rows.length > MAX_IN_FILE) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_CONFIG_TOO_LARGE',
      `more than ${MAX_IN_FILE} accounts are too many for one file`,
      { hint: 'have them fetched from this service: resolver=url' },
    );
  }
  const accounts: ConfigAccount[] = [];
  const notes: string[] = [];
  for (const row of rows) {
    try {
      const { token } = verifyAccount(readStored('account', row), trusted, { now, subject: row.key });
      accounts.push({ name: printable(row.name), key: row.key, token });
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      notes.push(printable(`Left out: account ${row.name} (${row.key}): ${error.message}`));
    }
  }
  return { accounts, notes };
}
