/**
 * Starts the service: data folder, lock, database, keys, tokens, links, HTTP. Each step that opened something is undone in
 * the opposite order by `close`, and by a start that fails half-way.
 */
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { NatsctlError } from '../claims/errors.js';
import { serveAccounts } from './accounts/served-accounts.js';
import { keepRenewed } from './activations/keep-renewed.js';
import { buildApp } from './app.js';
import { openAudit } from './audit/checkpoint.js';
import { ensureAdminToken } from './auth/admin-token.js';
import { openOidc } from './auth/oidc/oidc.js';
import { reloadOidc } from './auth/oidc/reload.js';
import { openSessions } from './auth/sessions.js';
import { openTokens } from './auth/tokens.js';
import { openCustody } from './custody/custody.js';
import { keepRewrapped } from './custody/keep-rewrapped.js';
import { loadMasterKey } from './custody/load-master-key.js';
import type { CustodyMode } from './custody/modes.js';
import { type VaultSettings, vaultSettings } from './custody/vault/settings.js';
import { vaultWhenNeeded } from './custody/vault/vault.js';
import type { ServiceErrorCode } from './errors.js';
import { openEvents } from './events/events.js';
import { watchHealth } from './health/health.js';
import { openCursors } from './http/cursor.js';
import { beginLedger } from './ledger/fill-ledger.js';
import { keepLedger } from './ledger/keep-ledger.js';
import { keepsLedger } from './ledger/record-issued.js';
import { type LinkState, openLinks } from './link/links.js';
import { openMetrics } from './metrics/metrics.js';
import { buildMetricsApp } from './metrics/own-port.js';
import { type Adoption, adoptOperator } from './operators/adopt-operator.js';
import { readAuthorities } from './outbound/authorities.js';
import { openOutbound } from './outbound/guard.js';
import type { ResignPolicy } from './push/resign.js';
import type { Service } from './service.js';
import { checkSettings, type RunSettings } from './settings.js';
import { drainOutbox } from './stop/drain-outbox.js';
import { prepareDataDir } from './store/data-dir.js';
import { lockDataDir } from './store/lock.js';
import { openStore } from './store/open.js';
import { openTls } from './tls/server-tls.js';
import { openKeyProofs } from './users/key-proofs.js';
import { openWebhooks } from './webhooks/sender.js';

export interface ServiceOptions extends RunSettings {
  dataDir: string;
  /** `postgres://...`; default: a libSQL file in the data folder, which keeps the master key and the admin token either way. */
  databaseUrl?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9090; -1 = any free one. */
  port?: number;
  /**
   * Base64 of 32 bytes or `transit:MOUNT/NAME`, or several, newest first, with commas between; default: NATSCTL_MASTER_KEY, then
   * master.key of the data folder, made on the first start.
   */
  masterKey?: string;
  /** Vault or OpenBao, where keys are held there. Default: NATSCTL_VAULT_*, BAO_*, VAULT_* of the environment. */
  vault?: VaultSettings;
  logger?: FastifyBaseLogger;
  /** When account JWTs that are pushed signed by their own account are signed with the operator's key in custody. Default `never`. */
  resignSelfSigned?: ResignPolicy;
  /** Seconds that user JWTs signed here live at most. Default: what the policies of accounts say. */
  maxUserTtl?: number;
  /** Let admins of an operator export the seeds of its keys and its accounts', sealed to a key of theirs. Default false. */
  allowKeyExport?: boolean;
  /** Which keys may be kept of an operator that comes to be served, where its adoption does not say. Default `accounts`. */
  defaultCustody?: CustodyMode;
  /** Unix seconds. */
  now?: () => number;
}

export interface RunningService {
  /** `http://host:port`, `https://` with TLS. */
  url: string;
  port: number;
  /** Where /metrics is, when that is not with the rest. */
  metricsUrl?: string;
  /** The token of whoever owns the data folder, and where it stands. */
  adminToken: string;
  adminTokenFile: string;
  /** The same token, only when it was made by this start: to be shown once. */
  firstRunToken?: string;
  adoptOperator(adoption: Adoption): Promise<void>;
  /** Announces changes to this NATS system from now on. Resolves after the first attempt to connect; it goes on trying. */
  attach(target: { servers: string[]; creds: string }): Promise<LinkState>;
  /** Reads the certificate of the listener again, where there is one. */
  reload(): Promise<void>;
  /** Puts other identity providers in the place of those that are believed; where they are not as they must be, those stay. */
  reloadOidc(read: () => Promise<unknown>): Promise<void>;
  /** Finishes what is under way, each within its bounds (`ServiceOptions.stop`). */
  close(): Promise<void>;
}

export const DEFAULT_PORT = 9_090;

export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host = '127.0.0.1', port = DEFAULT_PORT, now = () => Math.floor(Date.now() / 1_000) } = options;
  const settings = checkSettings(options);
  const log = options.logger ?? pino({ level: 'warn', redact: REDACTED }, pino.destination(2));
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const tls = settings.tls && (await openTls(settings.tls, log));
    const { allow, caFile } = settings.outbound;
    const outbound = openOutbound({ allow, ...(caFile !== undefined && { ca: await readAuthorities(caFile) }) });
    const dataDir = await prepareDataDir(options.dataDir);
    const lock = await lockDataDir(dataDir);
    undo.push(() => lock.release());
    const vault = vaultWhenNeeded(options.vault ?? vaultSettings(process.env));
    undo.push(() => vault.close());
    const givenKey = options.masterKey ?? process.env.NATSCTL_MASTER_KEY;
    const masterKey = await loadMasterKey(dataDir, givenKey, vault.get, options.databaseUrl);
    undo.push(() => masterKey.close());
    const store = await openStore(dataDir, options.databaseUrl);
    undo.push(() => store.close());
    const custody = await openCustody(store, masterKey, vault.get);
    const audit = await openAudit(store, custody);
    await beginLedger({ store });
    keepsLedger(store);
    const sessions = await openSessions(store, custody, now);
    const oidc = openOidc(settings.oidc, now);
    const tokens = openTokens(store, sessions, now, oidc);
    const rewrapping = keepRewrapped({ store, custody, now }, log);
    undo.push(() => rewrapping.close());
    const admin = await ensureAdminToken(store, tokens, dataDir);
    const events = openEvents(store);
    const accounts = serveAccounts(store);
    const cursors = await openCursors(store, custody);
    const policy = {
      resignSelfSigned: options.resignSelfSigned ?? 'never',
      keyExport: options.allowKeyExport ?? false,
      maxUserTtl: options.maxUserTtl ?? null,
      custody: options.defaultCustody ?? 'accounts',
    };
    const webhooks = await openWebhooks({ store, custody, outbound, now }, log);
    undo.push(() => webhooks.close(settings.stop.outbox * 1_000));
    const parts = {
      ...{ store, custody, audit, events, cursors, sessions, tokens, accounts },
      ...{ keyProofs: openKeyProofs(now), outbound, webhooks, policy, now },
    };
    const links = await openLinks({ ...parts, log });
    undo.push(() => links.close());
    let served = false;
    undo.push(async () => {
      if (served) await drainOutbox(links, settings.stop.outbox * 1_000, log);
    });
    const service: Service = { ...parts, links };
    if (settings.renewActivations > 0) {
      const renewing = keepRenewed(service, settings.renewActivations, log);
      undo.push(() => renewing.close());
    }
    const ledger = keepLedger(service, settings.ledger, log);
    undo.push(() => ledger.close());
    const health = watchHealth(service, log);
    const metrics = openMetrics(service);
    let metricsUrl: string | undefined;
    if (settings.metricsPort !== undefined) {
      const own = await buildMetricsApp(service, log, { metrics, auth: settings.metricsAuth });
      undo.push(() => own.close());
      metricsUrl = `${await listen(own, host, settings.metricsPort)}/metrics`;
    }
    const app = await buildApp(service, log, {
      ...settings,
      health,
      metrics,
      limits: settings.rateLimits,
      metricsAuth: metricsUrl === undefined ? settings.metricsAuth : null,
      ...(tls && { tls: tls.options }),
    });
    undo.push(() => closeInTime(app, settings.stop.requests * 1_000));
    const url = await listen(app, host, port);
    const certificate = tls?.follow(app.server as unknown as HttpsServer, log);
    undo.push(() => certificate?.close());
    served = true;
    undo.push(async () => {
      health.stop();
      if (settings.stop.delay > 0) await sleep(settings.stop.delay * 1_000);
    });
    return {
      url,
      port: (app.server.address() as AddressInfo).port,
      ...(metricsUrl !== undefined && { metricsUrl }),
      adminToken: admin.token,
      adminTokenFile: admin.file,
      ...(admin.made && { firstRunToken: admin.token }),
      adoptOperator: async (adoption) => void (await adoptOperator(service, adoption)),
      attach: (target) => links.attach(target),
      reload: async () => certificate?.reload(),
      reloadOidc: (read) => reloadOidc(oidc, read, log),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const CLOSE_IDLE_MS = 50;

/** Requests under way are answered; a sender who never ends its own does not keep the service from ending. */
async function closeInTime(app: FastifyInstance, graceMs: number): Promise<void> {
  const patience = setTimeout(() => app.server.closeAllConnections(), graceMs);
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

/** @returns the origin of what listens now */
async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port: port === -1 ? 0 : port });
    const scheme = app.initialConfig.https ? 'https' : 'http';
    const { port: bound } = app.server.address() as AddressInfo;
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
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
