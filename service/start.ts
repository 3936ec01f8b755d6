/**
 * Starts the service: data folder, lock, database, keys, tokens, links, HTTP. Each step that opened something is undone in
 * the opposite order by `close`, and by a start that fails half-way.
 */
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { NatsctlError } from '../claims/errors.js';
import { buildApp } from './app.js';
import { openAudit } from './audit/checkpoint.js';
import { ensureAdminToken } from './auth/admin-token.js';
import { openSessions } from './auth/sessions.js';
import { openTokens } from './auth/tokens.js';
import { openCustody } from './custody/custody.js';
import { loadMasterKey } from './custody/master-key.js';
import type { ServiceErrorCode } from './errors.js';
import { type LinkState, openLinks } from './link/links.js';
import { type Adoption, adoptOperator } from './operators/adopt-operator.js';
import type { Service } from './service.js';
import { prepareDataDir } from './store/data-dir.js';
import { lockDataDir } from './store/lock.js';
import { openStore } from './store/open.js';

export interface ServiceOptions {
  dataDir: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9090; -1 = any free one. */
  port?: number;
  /** Base64 of 32 bytes; default: NATSCTL_MASTER_KEY, then master.key of the data folder, made on the first start. */
  masterKey?: string;
  logger?: FastifyBaseLogger;
  /** Unix seconds. */
  now?: () => number;
}

export interface RunningService {
  /** `http://host:port`. */
  url: string;
  port: number;
  /** The token of whoever owns the data folder, and where it stands. */
  adminToken: string;
  adminTokenFile: string;
  /** The same token, only when it was made by this start: to be shown once. */
  firstRunToken?: string;
  adoptOperator(adoption: Adoption): Promise<void>;
  /** Announces changes to this NATS system from now on. Resolves after the first attempt to connect; it goes on trying. */
  attach(target: { servers: string[]; creds: string }): Promise<LinkState>;
  close(): Promise<void>;
}

export const DEFAULT_PORT = 9_090;

export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, now = () => Math.floor(Date.now() / 1_000) } = options;
  const log = options.logger ?? pino({ level: 'warn', redact: REDACTED }, pino.destination(2));
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const dataDir = await prepareDataDir(options.dataDir);
    const lock = await lockDataDir(dataDir);
    undo.push(() => lock.release());
    const masterKey = await loadMasterKey(dataDir, options.masterKey ?? process.env.NATSCTL_MASTER_KEY);
    undo.push(() => masterKey.fill(0));
    const store = await openStore(dataDir);
    undo.push(() => store.close());
    const custody = await openCustody(store, masterKey);
    const audit = await openAudit(store, custody);
    const sessions = await openSessions(store, custody, now);
    const tokens = openTokens(store, sessions, now);
    const admin = await ensureAdminToken(store, tokens, dataDir);
    const links = await openLinks({ store, custody, audit, sessions, tokens, now, log });
    undo.push(() => links.close());
    const service: Service = { store, custody, audit, sessions, tokens, links, now };
    const app = await buildApp(service, log);
    undo.push(() => closeInTime(app));
    await listen(() => app.listen({ host, port: port === -1 ? 0 : port }), host, port);
    const bound = app.server.address() as AddressInfo;
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
      port: bound.port,
      adminToken: admin.token,
      adminTokenFile: admin.file,
      ...(admin.made && { firstRunToken: admin.token }),
      adoptOperator: async (adoption) => void (await adoptOperator(service, adoption)),
      attach: (target) => links.attach(target),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Longer than any request of ours needs: an announcement waits two seconds for its answers. */
const CLOSE_GRACE_MS = 5_000;
const CLOSE_IDLE_MS = 50;

/** Requests under way are answered; a sender who never ends its own does not keep the service from ending. */
async function closeInTime(app: FastifyInstance): Promise<void> {
  const patience = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  // A client that keeps its connection for a next request gets none: closing looks for idle ones at its beginning only.
  const idle = setInterval(() => app.server.closeIdleConnections(), CLOSE_IDLE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(patience);
    clearInterval(idle);
  }
}

/** Paths that pino never writes: request headers of a serialised request, and whatever an error may carry. */
const REDACTED = ['req.headers.authorization', 'headers.authorization', '*.token', '*.seed', '*.creds', '*.jwt'];

async function listen(start: () => Promise<unknown>, host: string, port: number): Promise<void> {
  try {
    await start();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_PORT_IN_USE',
        `port ${port} of ${host} is in use by another program`,
        {
          hint: 'stop that one, or choose a port with --service-port (-1 = any free one)',
          details: { host, port },
          cause: error,
        },
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_LISTEN',
      `cannot listen on ${host}${port === -1 ? '' : ` port ${port}`}: ${why}`,
      {
        hint: 'choose another address or port',
        details: { host, port },
        cause: error,
      },
    );
  }
}
