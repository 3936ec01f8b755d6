import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { expect, onTestFinished } from 'vitest';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { type NatsServer, startNatsServer } from '../../nats-server.js';
import { testFolder } from './folder.js';
import { NOW, type TestOperator, type TestService } from './service.js';

/** A nats-server that keeps accounts itself. */
export interface FullServer extends NatsServer {
  /** The JWT in its folder; undefined where it has none. */
  held(account: string): Promise<string | undefined>;
}

export interface FullServerOptions {
  name?: string;
  type?: 'full' | 'cache';
  allowDelete?: boolean;
  jetStream?: boolean;
  /** Accounts in its folder from the beginning. */
  preload?: Record<string, string>;
  /** JWT folder of one that ran before. */
  dir?: string;
  cluster?: { name: string; routes: number[] };
  port?: number;
}

export async function fullServer(
  program: string,
  operator: TestOperator,
  {
    name = 'full',
    type = 'full',
    allowDelete = true,
    jetStream,
    preload = {},
    cluster,
    port,
    ...rest
  }: FullServerOptions = {},
): Promise<FullServer & { dir: string }> {
  const folder = await testFolder();
  const dir = rest.dir ?? path.join(folder, 'jwt');
  const accounts = { [operator.system.publicKey]: operator.systemToken, ...preload };
  const config = path.join(folder, 'server.conf');
  const lines = [
    `server_name: ${name}`,
    `operator: ${operator.token}`,
    `system_account: ${operator.system.publicKey}`,
    type === 'full'
      ? `resolver: { type: full, dir: '${dir}', allow_delete: ${allowDelete}, interval: '1s' }`
      : `resolver: { type: cache, dir: '${dir}' }`,
    `resolver_preload: { ${Object.entries(accounts)
      .map(([key, token]) => `${key}: ${token}`)
      .join(', ')} }`,
    ...(jetStream ? [`jetstream: { store_dir: '${path.join(folder, 'js')}' }`] : []),
    ...(cluster
      ? [
          `cluster: { name: ${cluster.name}, listen: '127.0.0.1:-1', routes: [${cluster.routes.map((to) => `'nats://127.0.0.1:${to}'`).join(', ')}] }`,
        ]
      : []),
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const server = await startNatsServer(program, config, port);
  onTestFinished(() => server.stop());
  return {
    ...server,
    dir,
    held: (account) => readFile(path.join(dir, `${account}.jwt`), 'utf8').catch(() => undefined),
  };
}

export async function userCreds(account: Seed, name: string): Promise<{ creds: string; key: string }> {
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, name), seedSigner(account), { now: NOW - 10 });
  return { creds: formatCreds(token, seed), key: seed.publicKey };
}

export async function client(port: number, creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const connection = await connect({ servers: `127.0.0.1:${port}`, authenticator, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

/** Links the service to a server, and gives a connection of the same system account to ask by. */
export async function linked(service: TestService, { port }: { port: number }): Promise<NatsConnection> {
  const { creds } = await userCreds(service.operator.system, 'service');
  const state = await service.attach({ servers: [`nats://127.0.0.1:${port}`], creds });
  expect(state).toMatchObject({ connected: true });
  return client(port, (await userCreds(service.operator.system, 'asking')).creds);
}

export const untilSettled = (service: TestService) =>
  expect
    .poll(
      async () =>
        (await service.api('GET', '/links')).json.items.map((link: { connected: boolean; pending: number }) => [
          link.connected,
          link.pending,
        ]),
      { timeout: 20_000 },
    )
    .toEqual(expect.arrayContaining([[true, 0]]));
