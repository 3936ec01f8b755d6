/** Users and credentials from every path of the REST API against nats-server, which has the service as its URL resolver. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, credsAuthenticator, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../claims/creds.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { runService } from '../unit/service/service.js';

const program = peer('nats-server');

async function system() {
  const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-service-users-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const service = await runService();
  const { operator } = service;
  const sys = operator.system.publicKey;
  const config = path.join(folder, 'server.conf');
  writeFileSync(
    config,
    `operator: ${operator.token}\nsystem_account: ${sys}\nresolver: URL(${service.url}/jwt/v1/accounts/)\n`,
  );
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  const admin = Seed.generate('user');
  const claims = newUser(admin.publicKey, 'sys');
  const { token } = await signClaims(claims, seedSigner(operator.system), { now: Math.floor(Date.now() / 1_000) });
  const linked = await service.attach({ servers: [server.url], creds: formatCreds(token, admin) });
  expect(linked).toMatchObject({ connected: true });
  const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey as string;
  const change = async (method: string, at: string, body?: unknown) => {
    const read = at.replace(/\?.*$/, '').replace(/\/(reissue|disable|enable)$/, '');
    const etag = (await service.api('GET', read)).headers.get('etag') ?? '';
    const reply = await service.api(method, at, body, { 'if-match': etag });
    expect(reply.status, reply.text).toBe(200);
    return reply.json;
  };
  const enter = async (auth: ReturnType<typeof credsAuthenticator>): Promise<NatsConnection> => {
    const nc = await connect({ servers: server.url, authenticator: auth, reconnect: false, timeout: 5_000 });
    onTestFinished(() => nc.close());
    return nc;
  };
  return {
    service,
    account,
    change,
    byCreds: (creds: string) => enter(credsAuthenticator(Buffer.from(creds))),
    byJwt: (jwt: string, seed?: Seed) => enter(jwtAuthenticator(jwt, seed && Buffer.from(seed.reveal()))),
  };
}

/** That a request over the connection comes back: it is in, and may publish and subscribe. */
async function works(nc: NatsConnection, subject = 'sales.new'): Promise<void> {
  const heard = nc.subscribe(subject, { max: 1 });
  nc.publish(subject, 'x');
  await nc.flush();
  for await (const { data } of heard) expect(Buffer.from(data).toString()).toBe('x');
}

it.skipIf(!program)(
  'what the service issues connects, and what it takes back is cut',
  { timeout: 60_000 },
  async () => {
    const { service, account, change, byCreds, byJwt } = await system();
    const make = async (at: string, body: object) => {
      const reply = await service.api('POST', `/accounts/${account}${at}`, body);
      expect(reply.status, reply.text).toBe(201);
      return reply.json;
    };

    const user = await make('/users', { name: 'till' });
    const first = await byCreds(user.creds);
    await works(first);
    const disabled = await change('POST', `/users/${user.publicKey}/disable`);
    expect(disabled.announced).toMatchObject([{ ok: true }]);
    await first.closed();
    await expect(byCreds(user.creds)).rejects.toThrow(/authorization violation/i);
    await change('POST', `/users/${user.publicKey}/enable`);
    const second = await byCreds(user.creds);
    await works(second);

    const rotated = await change('POST', `/users/${user.publicKey}/reissue`, { rotateKey: true });
    await second.closed();
    await expect(byCreds(user.creds)).rejects.toThrow(/authorization violation/i);
    await works(await byCreds(rotated.creds));

    // A narrower JWT, issued ahead of the clock by a second, and the wider one void.
    const wide = await byCreds(rotated.creds);
    const narrow = await change('PATCH', `/users/${rotated.publicKey}?revokeOlder=true`, {
      nats: { pub: { allow: ['sales.new'] }, sub: { allow: ['sales.>'] } },
    });
    await wide.closed();
    const seed = Seed.parse(/SU[A-Z0-9]{56}/.exec(rotated.creds)?.[0] ?? '');
    await works(await byJwt(narrow.jwt, seed));

    const job = await make('/credentials', { name: 'job', ttl: 60 });
    const working = await byCreds(job.creds);
    await works(working);
    await service.api('POST', `/accounts/${account}/revocations`, { user: job.publicKey });
    await working.closed();

    const own = Seed.generate('user');
    const asked = await service.api('POST', `/accounts/${account}/credentials/challenge`, { publicKey: own.publicKey });
    const { challenge } = asked.json;
    const signature = Buffer.from(await seedSigner(own).sign(Buffer.from(challenge))).toString('base64url');
    const proof = { challenge, signature };
    const brought = await make('/credentials', { name: 'own', publicKey: own.publicKey, proof });
    await works(await byJwt(brought.jwt, own));

    const bearer = await make('/users', { name: 'bearer', bearer: true });
    await works(await byJwt(bearer.jwt));

    const read = await service.api('GET', `/accounts/${account}`);
    const [key] = JSON.parse(Buffer.from(read.json.jwt.split('.')[1], 'base64url').toString()).nats.signing_keys;
    const template = { pub: { allow: ['{{name()}}.>'] }, sub: { allow: ['{{name()}}.>'] } };
    const role = { kind: 'user_scope', key, role: 'seller', template };
    await change('PATCH', `/accounts/${account}`, { nats: { signing_keys: [role] } });
    const seller = await make('/users', { name: 'ann', role: 'seller' });
    await works(await byCreds(seller.creds), 'ann.sold');

    const brief = await byCreds((await make('/credentials', { name: 'brief', ttl: 2 })).creds);
    await works(brief);
    await brief.closed();
  },
);
