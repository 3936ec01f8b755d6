/** TLS of our broker and of nats-server, by the same clients: the official JavaScript one, and sockets. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { credsAuthenticator, connect as natsConnect } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BrokerOptions, TlsOptions } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { formatCreds } from '../../claims/creds.js';
import { type Authority, authority, hasOpenssl } from '../certificates.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { makeWorld, type TestUser, type World } from '../unit/broker/world.js';

interface Setup {
  tls?: Partial<TlsOptions>;
  more?: Partial<BrokerOptions>;
  /** The same as lines of nats-server's config, within `tls` and beside it. */
  tlsLines?: string;
  moreLines?: string;
  /** Without operators: users by certificate. */
  config?: boolean;
}

interface Running {
  port: number;
}

type Start = (ca: Authority, world: World, setup: Setup) => Promise<Running>;

const ours: Start = async (ca, world, { tls, more, config }) => {
  const broker = await startBroker({
    port: -1,
    ...(!config && { operators: [world.operatorToken], resolver: { memory: world.tokens() } }),
    tls: {
      cert: ca.read('server.pem').toString(),
      key: ca.read('server.key').toString(),
      ca: ca.read('ca.pem').toString(),
      ...tls,
    },
    ...more,
  });
  onTestFinished(() => broker.close());
  return broker;
};

const theirs: Start = async (ca, world, { tlsLines = '', moreLines = '', config }) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'natsctl-tls-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, 'server.conf');
  const idOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub;
  const preload = world.tokens().map((token) => `${idOf(token)}: ${token}`);
  const operator = `operator: ${world.operatorToken}\nsystem_account: ${world.system.id}\nresolver: MEMORY
    resolver_preload: {\n${preload.join('\n')}\n}`;
  writeFileSync(
    file,
    `${config ? '' : operator}
     tls { cert_file: "${ca.file('server.pem')}", key_file: "${ca.file('server.key')}", ca_file: "${ca.ca}"\n${tlsLines} }
     ${moreLines}`,
  );
  const server = await startNatsServer(peer('nats-server') as string, file);
  onTestFinished(() => server.stop());
  return server;
};

async function stage(): Promise<{ ca: Authority; world: World; user: TestUser }> {
  const ca = authority();
  ca.issue('server');
  ca.issue('client', 'ann');
  const world = await makeWorld();
  const user = await (await world.account('A')).user('u');
  return { ca, world, user };
}

/** Messages there and back by the official client. */
async function talks(port: number, user: TestUser | null, tls: object): Promise<string> {
  const connection = await natsConnect({
    servers: `127.0.0.1:${port}`,
    tls,
    reconnect: false,
    ...(user && { authenticator: credsAuthenticator(Buffer.from(formatCreds(user.token, user.seed))) }),
  });
  try {
    const subscription = connection.subscribe('foo', { max: 1 });
    connection.publish('foo', 'hello');
    for await (const message of subscription) return message.string();
    return '';
  } finally {
    await connection.close();
  }
}

const refused = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    () => true,
  );

async function infoOf(socket: Socket): Promise<Record<string, unknown>> {
  const [chunk] = await once(socket, 'data');
  return JSON.parse(String(chunk).slice(5));
}

const dial = (port: number): Socket => {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  return socket;
};

const WHO: [string, Start][] = [['natsctl', ours]];
if (peer('nats-server') !== undefined) WHO.push(['nats-server', theirs]);

describe.skipIf(!hasOpenssl).each(WHO)('%s with TLS', (_name, start) => {
  it('asks for it in INFO, speaks it with the official client, and with nobody in the clear', async () => {
    const { ca, world, user } = await stage();
    const { port } = await start(ca, world, {});
    const socket = dial(port);
    expect(await infoOf(socket)).toMatchObject({ tls_required: true });
    socket.write('CONNECT {}\r\nPING\r\n');
    await once(socket, 'close');
    expect(await talks(port, user, { ca: ca.read('ca.pem').toString() })).toBe('hello');
    expect(await refused(talks(port, user, { ca: (() => authority('other').read('ca.pem').toString())() }))).toBe(true);
  });

  it('may leave it to the client', async () => {
    const { ca, world, user } = await stage();
    const { port } = await start(ca, world, { more: { allowNonTls: true }, moreLines: 'allow_non_tls: true' });
    const info = await infoOf(dial(port));
    expect(info).toMatchObject({ tls_available: true });
    expect(info).not.toHaveProperty('tls_required');
    expect(await talks(port, user, { ca: ca.read('ca.pem').toString() })).toBe('hello');
    const clear = await RawClient.login(port, user);
    clear.close();
  });

  it('asks for a certificate of its authority', async () => {
    const { ca, world, user } = await stage();
    const { port } = await start(ca, world, { tls: { verify: true }, tlsLines: 'verify: true' });
    expect(await infoOf(dial(port))).toMatchObject({ tls_verify: true });
    const trusted = { ca: ca.read('ca.pem').toString() };
    const own = { cert: ca.read('client.pem').toString(), key: ca.read('client.key').toString() };
    expect(await talks(port, user, { ...trusted, ...own })).toBe('hello');
    expect(await refused(talks(port, user, trusted))).toBe(true);
    const other = authority('other');
    other.issue('client', 'ann');
    const foreign = { cert: other.read('client.pem').toString(), key: other.read('client.key').toString() };
    expect(await refused(talks(port, user, { ...trusted, ...foreign }))).toBe(true);
  });

  it('takes the user from the certificate', async () => {
    const { ca, world } = await stage();
    ca.issue('stranger', 'eve');
    const users = [{ user: 'CN=ann,O=Example' }];
    const { port } = await start(ca, world, {
      config: true,
      tls: { verifyAndMap: true },
      more: { authorization: { users } },
      tlsLines: 'verify_and_map: true',
      moreLines: 'authorization { users = [ { user: "CN=ann,O=Example" } ] }',
    });
    const as = (name: string) => ({
      ca: ca.read('ca.pem').toString(),
      cert: ca.read(`${name}.pem`).toString(),
      key: ca.read(`${name}.key`).toString(),
    });
    expect(await talks(port, null, as('client'))).toBe('hello');
    expect(await refused(talks(port, null, as('stranger')))).toBe(true);
  });

  it('may come before INFO', async () => {
    const { ca, world, user } = await stage();
    const { port } = await start(ca, world, { tls: { handshakeFirst: true }, tlsLines: 'handshake_first: true' });
    const socket = connectTls({ port, host: '127.0.0.1', ca: ca.read('ca.pem') });
    onTestFinished(() => void socket.destroy());
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toMatch(/^INFO \{.*"tls_required":true/);
    const first = { handshakeFirst: true, ca: ca.read('ca.pem').toString() };
    expect(await talks(port, user, first)).toBe('hello');
  });

  it('refuses versions before the least', async () => {
    const { ca, world } = await stage();
    const { port } = await start(ca, world, {
      tls: { minVersion: '1.3', handshakeFirst: true },
      tlsLines: 'min_version: "1.3"\nhandshake_first: true',
    });
    const version = async (maxVersion: 'TLSv1.2' | 'TLSv1.3') => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: ca.read('ca.pem'), maxVersion });
      onTestFinished(() => void socket.destroy());
      await once(socket, 'secureConnect');
      return socket.getProtocol();
    };
    expect(await refused(version('TLSv1.2'))).toBe(true);
    expect(await version('TLSv1.3')).toBe('TLSv1.3');
  });

  it('ends a connection that begins no handshake', async () => {
    const { ca, world } = await stage();
    const { port } = await start(ca, world, { tls: { timeoutMs: 200 }, tlsLines: 'timeout: 0.2' });
    const socket = dial(port);
    await infoOf(socket);
    await once(socket, 'close');
  });
});

describe.skipIf(!hasOpenssl)('our TLS', () => {
  it('does not start with a key of another certificate, and says nothing of the key', async () => {
    const { ca, world } = await stage();
    const starting = ours(ca, world, { tls: { key: ca.read('client.key').toString() } });
    await expect(starting).rejects.toMatchObject({ code: 'ERR_BROKER_TLS' });
    const text = await starting.catch((error: Error) => `${error.message}${error.stack}${String(error.cause)}`);
    expect(text).not.toContain('PRIVATE KEY');
  });

  it.each<[string, Partial<TlsOptions>]>([
    ['a version that is too old', { minVersion: '1.1' }],
    ['a cipher nobody should use', { cipherSuites: ['TLS_RSA_WITH_RC4_128_SHA'] }],
    ['an unknown curve', { curvePreferences: ['P-9'] }],
    ['an authority that is none', { ca: 'nothing' }],
    ['a pin that is none', { pinnedCerts: ['abc'] }],
  ])('does not start with %s', async (_what, tls) => {
    const { ca, world } = await stage();
    await expect(ours(ca, world, { tls })).rejects.toMatchObject({ code: 'ERR_BROKER_TLS' });
  });
});
