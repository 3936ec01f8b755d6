/**
 * TLS of the service's listener. Certificates end and are replaced while it runs (ACME clients, cert-manager, OpenBao agents),
 * so the files are read again when they change or when asked; a pair that does not fit is told and the one in use stays.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Server as HttpsServer, ServerOptions } from 'node:https';
import process from 'node:process';
import { createSecureContext } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

export const CLIENT_AUTH = ['require', 'optional'] as const;
export type ClientAuth = (typeof CLIENT_AUTH)[number];

export interface TlsFiles {
  /** PEM: the certificate and the chain to its root. */
  cert: string;
  /** PEM: its private key. */
  key: string;
  /** PEM: the authorities whose client certificates are believed. Without it, none is asked for. */
  clientCa?: string;
  /** `require` (the default with `clientCa`): no connection without one. `optional`: who shows one is known by it. */
  clientAuth?: ClientAuth;
}

export interface ServerTls {
  readonly options: ServerOptions;
  /** Begins to watch the files for the server that `options` made. */
  follow(server: HttpsServer, log: FastifyBaseLogger): { reload(): Promise<void>; close(): void };
}

/** How often a file's time is looked at; by `stat`, so that a link that is turned to another file (Kubernetes) is seen too. */
const LOOK_EVERY_MS = 1_000;
const MIN_VERSION = 'TLSv1.2';

/** @throws NatsctlError ERR_TLS where a file cannot be read, is no PEM, or key and certificate do not belong together */
export async function openTls(files: TlsFiles, log: FastifyBaseLogger): Promise<ServerTls> {
  const first = await load(files);
  await warnOfOpenKey(files.key, log);
  const asks = files.clientCa !== undefined;
  return {
    options: {
      ...first,
      minVersion: MIN_VERSION,
      requestCert: asks,
      rejectUnauthorized: asks && files.clientAuth !== 'optional',
    },
    follow(server, serverLog) {
      const reload = async () => {
        try {
          server.setSecureContext({ ...(await load(files)), minVersion: MIN_VERSION });
          serverLog.info({ cert: files.cert }, 'certificate read again: new connections get it');
        } catch (error) {
          serverLog.error({ err: error }, 'certificate not replaced: the one in use stays');
        }
      };
      const changed = () => void reload();
      const watched = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
      for (const file of watched) watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, changed);
      return {
        reload,
        close: () => {
          for (const file of watched) unwatchFile(file, changed);
        },
      };
    },
  };
}

async function load(files: TlsFiles): Promise<{ cert: Buffer; key: Buffer; ca?: Buffer }> {
  const [cert, key, ca] = await Promise.all([
    read(files.cert, 'certificate'),
    read(files.key, 'private key'),
    files.clientCa === undefined ? undefined : read(files.clientCa, 'client authorities'),
  ]);
  const pair = { cert, key, ...(ca !== undefined && { ca }) };
  try {
    createSecureContext({ ...pair, minVersion: MIN_VERSION });
  } catch (error) {
    throw fault(`the certificate ${files.cert} and the key ${files.key} cannot be used: ${reason(error)}`, error);
  }
  return pair;
}

async function read(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw fault(`the ${what} ${file} cannot be read: ${reason(error)}`, error);
  }
}

/** Group read is how certificate tools hand a key to a service; everybody's is a mistake in each case. */
async function warnOfOpenKey(file: string, log: FastifyBaseLogger): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(file);
  if ((mode & 0o007) === 0) return;
  log.warn({ file }, 'the private key of TLS can be read by every user of this machine: chmod 600 it');
}

function fault(message: string, cause: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_TLS', message, {
    hint: 'name PEM files: --tls-cert with the whole chain, --tls-key without a passphrase',
    cause,
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
