import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

export interface PostgresTarget {
  config: ClientConfig;
  /** The URL without its password and parameters: what messages may say. */
  shown: string;
}

const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'connect_timeout', 'application_name'];
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];
const CONNECT_TIMEOUT_S = 10;

/**
 * What every session is told at its start; it wins over what the server, the database or the role is set to.
 * - An acknowledged change survives a power cut: synchronous_commit (postgresql.org/docs/current/wal-async-commit.html).
 * - Every statement sees what was committed before it: see `transaction` in open-postgres.ts.
 * - Nothing waits without end, but for the session that holds the lock, which is idle by its nature.
 * - The session of a machine that is gone ends within a minute, and its locks with it.
 */
const SESSION = {
  synchronous_commit: 'on',
  default_transaction_isolation: 'read\\ committed',
  statement_timeout: '15s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '30s',
  idle_session_timeout: '0',
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/** Takes a `postgres://` URL apart. No message of it holds the password, so none holds the URL. */
export function parsePostgresUrl(text: string): PostgresTarget {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw fault('is not of the form postgres://user@host:5432/database');
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw fault(`has the parameter ${JSON.stringify(name)}, which is not known here`);
  }
  const parameter = (name: string) => url.searchParams.get(name) || undefined;
  const host = parameter('host') ?? decoded(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decoded);
  if (!host || !user || !database) throw fault('names no host, no user or no database');
  const port = Number(url.port || 5_432);
  const timeout = Number(parameter('connect_timeout') ?? CONNECT_TIMEOUT_S);
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > 300) throw fault('has a connect_timeout beyond 1 to 300');
  return {
    shown: `postgres://${encodeURIComponent(user)}@${url.host || encodeURIComponent(host)}/${encodeURIComponent(database)}`,
    config: {
      user,
      host,
      port,
      database,
      ...(password && { password }),
      ssl: tls(host, parameter),
      application_name: parameter('application_name') ?? 'natsctl',
      connectionTimeoutMillis: timeout * 1_000,
      keepAlive: true,
      options: Object.entries(SESSION)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
    },
  };
}

/**
 * TLS is always verified: libpq's `require` and `verify-ca` would let anybody with any certificate stand in for the server.
 * Without sslmode only an address of this machine is spoken to in the clear.
 */
function tls(host: string, parameter: (name: string) => string | undefined): ConnectionOptions | false {
  const mode = parameter('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full');
  if (!TLS_MODES.includes(mode)) throw fault(`has the sslmode ${JSON.stringify(mode)}`, `use ${TLS_MODES.join(', ')}`);
  const files = { ca: parameter('sslrootcert'), cert: parameter('sslcert'), key: parameter('sslkey') };
  if (mode === 'disable') return false;
  const options: ConnectionOptions = { rejectUnauthorized: true };
  for (const [name, file] of Object.entries(files)) {
    if (file === undefined || (name === 'ca' && file === 'system')) continue;
    try {
      options[name as keyof typeof files] = readFileSync(file);
    } catch (cause) {
      throw fault(`names the file ${file}, which cannot be read`, 'check its path and mode', cause);
    }
  }
  return isIP(host) ? options : { ...options, servername: host };
}

function isLocal(host: string): boolean {
  return (
    host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fault('has a % that encodes nothing', 'write %25 for a percent sign');
  }
}

function fault(what: string, hint?: string, cause?: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE_URL', `the database URL ${what}`, {
    hint:
      hint ??
      `write postgres://user:password@host:5432/database?sslmode=verify-full; parameters: ${PARAMETERS.join(', ')}`,
    cause,
  });
}
