import { Client, DatabaseError } from 'pg';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { unavailable } from './database-error.js';
import { ADVISORY, ADVISORY_CLASS } from './postgres-advisory.js';
import { unreachable } from './postgres-error.js';
import type { PostgresTarget } from './postgres-url.js';

const LOCK_PATIENCE_MS = 2_000;
/** SQLSTATE of a wait that lock_timeout ended. */
const LOCK_NOT_AVAILABLE = '55P03';

export interface DatabaseLock {
  /** The session that holds it. */
  readonly client: Client;
  /** Takes the lock again where its session was lost. To be awaited before every change. */
  hold(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Keeps a second service out of a database: what the outbox sends and what is held in memory take one process for granted.
 * PostgreSQL drops the lock with its session, however that ends.
 *
 * @throws NatsctlError ERR_DATABASE_LOCKED | ERR_DATABASE
 */
export async function lockDatabase(target: PostgresTarget): Promise<DatabaseLock> {
  let client = await lockedSession(target);
  let held = true;
  let taking: Promise<void> | null = null;
  const watch = () => {
    const watched = client;
    // Without a listener the loss of the session would end the process.
    watched.on('error', () => {});
    watched.once('end', () => {
      if (watched === client) held = false;
    });
  };
  watch();
  const retake = async () => {
    client = await lockedSession(target).catch((error) => {
      throw error.code === 'ERR_DATABASE_LOCKED' ? error : unavailable(error, { database: target.shown });
    });
    held = true;
    watch();
  };
  return {
    get client() {
      return client;
    },
    async hold() {
      if (held) return;
      taking ??= retake().finally(() => {
        taking = null;
      });
      await taking;
    },
    release: () => client.end(),
  };
}

async function lockedSession({ config, shown }: PostgresTarget): Promise<Client> {
  const client = new Client(config);
  const ignore = () => {};
  client.on('error', ignore);
  try {
    await client.connect();
    const { rows } = await client.query(`SELECT current_setting('server_encoding') AS "encoding"`);
    const { encoding } = rows[0];
    if (!(await takesLock(client))) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_DATABASE_LOCKED',
        `another service is using the database ${shown}`,
        {
          hint: 'stop it first, or name another database: one database serves one service',
          details: { database: shown },
        },
      );
    }
    if (encoding !== 'UTF8') {
      throw new NatsctlError<ServiceErrorCode>('ERR_DATABASE', `the database ${shown} is encoded as ${encoding}`, {
        hint: `make one with \`CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0\``,
        details: { database: shown },
      });
    }
    client.off('error', ignore);
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error instanceof NatsctlError ? error : unreachable(shown, error);
  }
}

/** The session of a process that was killed a moment ago may still be ending: it is waited for. */
async function takesLock(client: Client): Promise<boolean> {
  try {
    await client.query(`SET lock_timeout = ${LOCK_PATIENCE_MS}`);
    await client.query(`SELECT pg_advisory_lock(${ADVISORY_CLASS}, ${ADVISORY.service})`);
    await client.query('RESET lock_timeout');
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}
