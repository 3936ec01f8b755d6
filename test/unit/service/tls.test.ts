import { once } from 'node:events';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import path from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { connect as connectNats, credsAuthenticator } from '@nats-io/transport-node';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { type Authority, authority, hasOpenssl } from '../../certificates.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { testFolder } from './folder.js';
import { NOW, runService } from './service.js';

interface Answer {
  status: number;
  text: string;
}

/** By node:https: `fetch` takes no certificates. */
async function ask(url: string, options: RequestOptions, body?: string): Promise<Answer> {
  const asked = request(url, { agent: false, ...options });
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

const shows = (ca: Authority, name: string) => ({
  ca: ca.read('ca.pem'),
  cert: ca.read(`${name}.pem`),
  key: ca.read(`${name}.key`),
});

/** What the listener shows to a new connection. */
async function shown(port: number, options: object = {}): Promise<{ socket: TLSSocket; subject: string }> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const subject = socket.getPeerCertificate().subject.CN as string;
  socket.destroy();
  return { socket, subject };
}

function listeningLog() {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

describe.skipIf(!hasOpenssl)('TLS', () => {
  it('serves HTTPS, and nothing older than TLS 1.2', async () => {
    const ca = authority();
    const service = await runService({ tls: ca.issue('server') });
    expect(service.url).toMatch(/^https:/);
    expect((await ask(`${service.url}/livez`, { ca: ca.read('ca.pem') })).status).toBe(200);
    await expect(ask(`${service.url}/livez`, {})).rejects.toThrow(/certificate/);
    await expect(
      shown(service.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow(/protocol|handshake/i);
  });

  it('shows a new certificate when its files change, and keeps the old one when they do not fit', async () => {
    const ca = authority();
    const tls = ca.issue('server', 'first');
    const { log, lines } = listeningLog();
    const service = await runService({ tls, logger: log });
    expect((await shown(service.port)).subject).toBe('first');
    const [spoilt, fresh] = [ca.issue('spoilt'), ca.issue('fresh', 'second')];
    await copyFile(spoilt.cert, tls.cert);
    await service.reload();
    expect(lines.filter(({ level }) => level === 50)).toEqual([
      expect.objectContaining({ msg: expect.stringMatching(/not replaced/) }),
    ]);
    expect((await shown(service.port)).subject).toBe('first');
    await copyFile(fresh.cert, tls.cert);
    await copyFile(fresh.key, tls.key);
    await expect.poll(async () => (await shown(service.port)).subject, { timeout: 10_000 }).toBe('second');
  });

  it('does not start with files that do not belong together, and warns of a key that everybody can read', async () => {
    const ca = authority();
    const [one, other] = [ca.issue('one'), ca.issue('other')];
    await expect(runService({ tls: { cert: one.cert, key: other.key } })).rejects.toMatchObject({ code: 'ERR_TLS' });
    await expect(runService({ tls: { cert: one.cert, key: ca.file('absent') } })).rejects.toMatchObject({
      code: 'ERR_TLS',
      message: expect.stringContaining('absent'),
    });
    await expect(runService({ tls: one, pushAuth: 'mtls' })).rejects.toMatchObject({ code: 'ERR_SETTING_INVALID' });
    await chmod(one.key, 0o644);
    const { log, lines } = listeningLog();
    await runService({ tls: one, logger: log });
    expect(lines).toContainEqual(expect.objectContaining({ level: 40, file: one.key }));
  });
});

describe.skipIf(!hasOpenssl)('client certificates', () => {
  it('required: nobody gets in without one of the authority', async () => {
    const [ca, foreign] = [authority(), authority('another')];
    const service = await runService({ tls: { ...ca.issue('server'), clientCa: ca.ca } });
    ca.issue('client');
    foreign.issue('client');
    await expect(ask(`${service.url}/livez`, { ca: ca.read('ca.pem') })).rejects.toThrow();
    await expect(ask(`${service.url}/livez`, { ...shows(foreign, 'client'), ca: ca.read('ca.pem') })).rejects.toThrow();
    expect((await ask(`${service.url}/livez`, shows(ca, 'client'))).status).toBe(200);
  });

  it('that have ended, or are of an authority that is believed no more, push nothing', async () => {
    const [ca, next] = [authority(), authority('the next one')];
    const { cert, key } = ca.issue('server');
    const clientCa = path.join(await testFolder(), 'clients.pem');
    await copyFile(ca.ca, clientCa);
    const service = await runService({ tls: { cert, key, clientCa, clientAuth: 'optional' }, pushAuth: 'mtls' });
    ca.issue('ci');
    ca.issue('late', 'ci', -1);
    next.issue('ci');
    const pushAs = async (of: Authority, name: string) => {
      const id = Seed.generate('account').publicKey;
      const headers = { 'content-type': 'application/jwt', accept: 'application/json' };
      const options = { method: 'POST', headers, ...shows(of, name), ca: ca.read('ca.pem') };
      const url = `${service.url}/jwt/v1/accounts/${id}`;
      const { status, text } = await ask(url, options, await service.operator.account(id));
      return status === 201 ? status : [status, JSON.parse(text).code];
    };
    const refused = [403, 'ERR_CLIENT_CERTIFICATE'];
    expect(await pushAs(ca, 'ci')).toBe(201);
    expect(await pushAs(ca, 'late')).toEqual(refused);
    expect(await pushAs(next, 'ci')).toEqual(refused);
    // There are no lists of revoked certificates: who issues them gives the service another authority.
    await copyFile(next.ca, clientCa);
    await service.reload();
    expect(await pushAs(ca, 'ci')).toEqual(refused);
    expect(await pushAs(next, 'ci')).toBe(201);
  });

  it('optional: reads are open, a push needs one, and the audit names its subject', async () => {
    const [ca, foreign] = [authority(), authority('another')];
    const service = await runService({
      tls: { ...ca.issue('server'), clientCa: ca.ca, clientAuth: 'optional' },
      pushAuth: 'mtls',
    });
    ca.issue('ci');
    foreign.issue('ci');
    const id = Seed.generate('account').publicKey;
    const token = await service.operator.account(id);
    const push = (options: object) =>
      ask(
        `${service.url}/jwt/v1/accounts/${id}`,
        { method: 'POST', headers: { 'content-type': 'application/jwt', accept: 'application/json' }, ...options },
        token,
      );
    for (const nobody of [{ ca: ca.read('ca.pem') }, { ...shows(foreign, 'ci'), ca: ca.read('ca.pem') }]) {
      const refused = await push(nobody);
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([403, 'ERR_CLIENT_CERTIFICATE']);
    }
    expect((await ask(`${service.url}/jwt/v1/accounts/${id}`, { ca: ca.read('ca.pem') })).status).toBe(404);
    expect((await push(shows(ca, 'ci'))).status).toBe(201);
    const audit = await ask(`${service.url}/api/v1/audit?limit=1000`, {
      ca: ca.read('ca.pem'),
      headers: { authorization: `Bearer ${service.adminToken}` },
    });
    expect(JSON.parse(audit.text).items.at(-1)).toMatchObject({ entity: id, actor: 'certificate:O=Example, CN=ci' });
  });
});

const program = peer('nats-server');
it.skipIf(!hasOpenssl || !program)('nats-server resolves accounts over HTTPS with a client certificate', async () => {
  const ca = authority();
  const service = await runService({ tls: { ...ca.issue('server'), clientCa: ca.ca } });
  const client = ca.issue('nats');
  const account = Seed.generate('account');
  const pushed = await ask(
    `${service.url}/jwt/v1/accounts/${account.publicKey}`,
    { method: 'POST', headers: { 'content-type': 'application/jwt' }, ...shows(ca, 'nats') },
    await service.operator.account(account.publicKey),
  );
  expect(pushed.status).toBe(201);
  const config = path.join(await testFolder(), 'server.conf');
  await writeFile(
    config,
    `operator: ${service.operator.token}\nsystem_account: ${service.operator.system.publicKey}\n` +
      `resolver: URL(${service.url}/jwt/v1/accounts/)\n` +
      `resolver_tls { cert_file: "${client.cert}", key_file: "${client.key}", ca_file: "${ca.ca}" }\n`,
  );
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, 'one'), seedSigner(account), { now: NOW - 10 });
  const connection = await connectNats({
    servers: server.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(formatCreds(token, seed))),
    reconnect: false,
  });
  onTestFinished(() => connection.close());
  expect(connection.info?.client_id).toBeGreaterThan(0);
});
