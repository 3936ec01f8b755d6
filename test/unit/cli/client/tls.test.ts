import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { connectTo } from '../../../../cli/client/connect.js';
import { openClient } from '../../../../cli/client/connection.js';
import { type TlsChoice, tlsSettings } from '../../../../cli/client/tls.js';
import { generateConfig } from '../../../../cli/server-config/generate.js';
import { push } from '../../../../cli/sync/push.js';
import { createUser } from '../../../../cli/user/create.js';
import { probe } from '../../../../resolver/http.js';
import { startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const server = peer('nats-server');
const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A CA, and certificates of it for a server on this machine and for a client. @param names of the server's certificate */
function certificates(names = 'IP:127.0.0.1,DNS:localhost', days = '2') {
  const dir = tempDir();
  const file = (name: string) => path.join(dir, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
  ];
  openssl('req', '-x509', ...key('ca'), '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test CA');
  for (const name of ['server', 'client']) {
    openssl('req', ...key(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(file('san'), `subjectAltName=${names}\n`);
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...ca, '-out', `${name}.pem`, '-days', days);
  }
  return file;
}

async function secured(settings: (file: (name: string) => string) => string, file = certificates()) {
  const workspace = await tempWorkspace({ now: Math.floor(Date.now() / 1000) });
  await createAccount(workspace, { name: 'orders' });
  await createUser(workspace, { name: 'u', account: 'orders', ...noPermissions });
  const config = await generateConfig(workspace, { resolver: 'full', jwtDir: path.join(tempDir(), 'jwt') });
  const conf = path.join(tempDir(), 'server.conf');
  const tls = `cert_file: "${file('server.pem')}", key_file: "${file('server.key')}"`;
  writeFileSync(conf, `${config.text}\ntls { ${tls}, ${settings(file)} }\n`);
  const started = await startNatsServer(server as string, conf);
  onTestFinished(() => started.stop());
  const service = `tls://127.0.0.1:${started.port}`;
  return {
    workspace,
    file,
    service,
    push: (tls: TlsChoice) => push(workspace, { service, tls, retry: 0, timeoutMs: 2000 }),
  };
}

describe.skipIf(!server || !hasOpenssl)('TLS', () => {
  it('needs the CA of the server, for resolvers and clients alike', async () => {
    const { workspace, file, service, push } = await secured(() => 'timeout: 5');
    await expect(push({})).rejects.toMatchObject({
      code: 'ERR_BROKER_TLS',
      hint: expect.stringContaining('--ca-cert'),
    });
    const tls = { 'ca-cert': file('ca.pem') };
    expect((await push(tls)).accounts.map(({ result }) => result)).toEqual(['unchanged', 'created']);
    const options = { server: service, account: 'orders', user: 'u', reconnect: false };
    const client = await openClient({ ...options, ...tls }, async () => workspace);
    await client.connection.flush();
    await client.connection.close();
  });

  it('shows a certificate where the server asks for one, and begins with the handshake where it is told', async () => {
    const { file, push } = await secured((f) => `ca_file: "${f('ca.pem')}", verify: true, handshake_first: true`);
    const ca = { 'ca-cert': file('ca.pem'), 'tls-first': true };
    await expect(push(ca)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_BROKER_/) });
    const mine = { 'client-cert': file('client.pem'), 'client-key': file('client.key') };
    expect((await push({ ...ca, ...mine, 'tls-curves': ['P-256'] })).accounts).toHaveLength(2);
  });

  it('checks that a certificate is for the address, not for localhost, where that is an IP', async () => {
    const right = await secured(() => 'timeout: 5', certificates('IP:127.0.0.1'));
    expect((await right.push({ 'ca-cert': right.file('ca.pem') })).accounts).toHaveLength(2);
    for (const names of ['DNS:localhost', 'DNS:other.example']) {
      const wrong = await secured(() => 'timeout: 5', certificates(names));
      await expect(wrong.push({ 'ca-cert': wrong.file('ca.pem') })).rejects.toMatchObject({
        code: 'ERR_BROKER_TLS',
        message: expect.stringContaining('127.0.0.1 is not in'),
        hint: expect.stringContaining('other names'),
      });
    }
  });

  it('says which certificate is at fault', async () => {
    const expired = await secured(() => 'timeout: 5', certificates('IP:127.0.0.1', '-1'));
    await expect(expired.push({ 'ca-cert': expired.file('ca.pem') })).rejects.toMatchObject({
      message: expect.stringContaining('expired'),
      hint: expect.stringContaining('renew'),
    });
    const { file, push } = await secured((f) => `ca_file: "${f('ca.pem')}", verify: true`);
    const ca = { 'ca-cert': file('ca.pem') };
    await expect(push(ca)).rejects.toMatchObject({ hint: expect.stringContaining('--client-cert') });
    const mixed = { ...ca, 'client-cert': file('client.pem'), 'client-key': file('server.key') };
    await expect(push(mixed)).rejects.toMatchObject({
      code: 'ERR_TLS_FILE',
      message: expect.stringMatching(/: key values mismatch$/),
    });
    await expect(push({ ...ca, 'tls-curves': ['P-9'] })).rejects.toMatchObject({
      code: 'ERR_TLS_FILE',
      hint: 'check --tls-curves',
    });
  });

  it('of a service: the hint is about its certificate', async () => {
    const file = certificates();
    const files = { cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) };
    const service = createServer(files, (_request, response) => response.end()).listen(0, '127.0.0.1');
    await once(service, 'listening');
    onTestFinished(() => void service.close());
    const { port } = service.address() as AddressInfo;
    await expect(probe(`https://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'ERR_RESOLVER_UNREACHABLE',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  it('is demanded by tls://: nothing is sent in the clear', async () => {
    const workspace = await tempWorkspace({ now: Math.floor(Date.now() / 1000) });
    const conf = path.join(tempDir(), 'server.conf');
    const config = await generateConfig(workspace, { resolver: 'full', jwtDir: path.join(tempDir(), 'jwt') });
    writeFileSync(conf, config.text);
    const started = await startNatsServer(server as string, conf);
    onTestFinished(() => started.stop());
    await expect(push(workspace, { service: `tls://127.0.0.1:${started.port}` })).rejects.toMatchObject({
      code: 'ERR_BROKER_TLS',
    });
  });
});

describe('TLS settings', () => {
  it('come from flags, and else from the variables of the nats tools', async () => {
    const pem = path.join(tempDir(), 'x.pem');
    writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
    const env = { NATS_CA: pem, NATS_CERT: pem, NATS_KEY: pem };
    const text = '-----BEGIN CERTIFICATE-----\n';
    expect(await tlsSettings({}, ['nats://x'], env)).toEqual({ ca: text, cert: text, key: text });
    expect(await tlsSettings({}, ['nats://x'], {})).toBeUndefined();
    expect(await tlsSettings({}, ['tls://x'], {})).toEqual({});
    expect(await tlsSettings({ 'tls-curves': ['X25519,P-256'], 'tls-first': true }, [], {})).toEqual({
      handshakeFirst: true,
      ecdhCurve: 'X25519:P-256',
    });
  });

  it('are refused where they cannot be used', async () => {
    const dir = tempDir();
    const notPem = path.join(dir, 'x');
    writeFileSync(notPem, 'x');
    const refused = (choice: TlsChoice) => expect(tlsSettings(choice, [], {})).rejects;
    await refused({ 'ca-cert': path.join(dir, 'none') }).toMatchObject({ code: 'ERR_SOURCE' });
    await refused({ 'ca-cert': notPem }).toMatchObject({ code: 'ERR_TLS_FILE' });
    await refused({ 'client-cert': notPem }).toMatchObject({ code: 'ERR_USAGE' });
  });

  it('do not go with WebSocket addresses, nor do these mix with others', async () => {
    const login = { token: 'x', seed: Seed.generate('user') };
    const connecting = (servers: string[], tls: TlsChoice = {}) =>
      expect(connectTo(servers, login, { reconnect: false, tls })).rejects;
    await connecting(['ws://127.0.0.1:1', 'nats://127.0.0.1:1']).toMatchObject({ code: 'ERR_USAGE' });
    await connecting(['wss://127.0.0.1:1'], { 'ca-cert': 'x' }).toMatchObject({
      code: 'WebSocket' in globalThis ? 'ERR_USAGE' : 'ERR_URL_INVALID',
    });
  });
});
