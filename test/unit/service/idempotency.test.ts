/** Idempotency-Key: a change that is sent again is not made again. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { databaseBytes, openRaw } from './database.js';
import { NOW, runService, type TestService } from './service.js';

const key = (text: string) => ({ 'idempotency-key': `"${text}"` });
const entries = async (service: TestService) => (await service.api('GET', '/audit?limit=1000')).json.items.length;

describe('a change with an Idempotency-Key', () => {
  it('is made once, and answered alike each time', async () => {
    const service = await runService();
    const ask = () => service.api('POST', '/accounts', { name: 'shop' }, key('1'));
    const first = await ask();
    expect(first.status).toBe(201);
    const before = await entries(service);
    // With quotes or without: it is the same key.
    for (const again of [
      await ask(),
      await service.api('POST', '/accounts', { name: 'shop' }, { 'idempotency-key': '1' }),
    ]) {
      expect(again).toMatchObject({ status: 201, json: first.json });
      for (const name of ['location', 'etag', 'content-type']) {
        expect(again.headers.get(name), name).toBe(first.headers.get(name));
      }
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    }
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    expect(await entries(service)).toBe(before);
  });

  it('is refused where the key was used for another', async () => {
    const service = await runService();
    await service.api('POST', '/accounts', { name: 'shop' }, key('1'));
    for (const [path, body] of [
      ['/accounts', { name: 'till' }],
      ['/accounts', { name: 'shop', description: 'x' }],
      ['/tokens', { name: 'shop', role: 'viewer' }],
    ] as const) {
      expect(await service.api('POST', path, body, key('1'))).toMatchObject({
        status: 422,
        json: { code: 'ERR_IDEMPOTENCY_MISMATCH' },
      });
    }
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(2);
  });

  it('is of its caller alone', async () => {
    const service = await runService();
    const tokens = [];
    for (let n = 0; n < 2; n++)
      tokens.push((await service.api('POST', '/tokens', { name: 't', role: 'admin' })).json.token);
    const made = [];
    for (const [n, token] of tokens.entries()) {
      const headers = { authorization: `Bearer ${token}`, ...key('1') };
      made.push(await service.api('POST', '/accounts', { name: `shop-${n}` }, headers));
    }
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('is refused while it is being made, and made once', async () => {
    const service = await runService();
    const seed = Seed.generate('user');
    const { token } = await signClaims(newUser(seed.publicKey, 'u'), seedSigner(service.operator.system), { now: NOW });
    // A server that says nothing: whoever attaches it waits.
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const body = { servers: [`nats://127.0.0.1:${port}`], creds: formatCreds(token, seed) };
    const ask = () => service.api('POST', '/links', body, key('1'));
    const asked = once(mute, 'connection');
    const first = ask();
    const [socket] = (await asked) as [Socket];
    expect((await ask()).json).toMatchObject({ status: 409, code: 'ERR_IDEMPOTENCY_RUNNING' });
    socket.destroy();
    expect(await first).toMatchObject({ status: 201 });
    expect(await ask()).toMatchObject({ status: 201, json: (await first).json });
    const { items } = (await service.api('GET', '/audit?action=link.attach')).json;
    expect(items).toHaveLength(1);
  });

  it('is made once, however many ask at once', async () => {
    const service = await runService();
    const ask = () => service.api('POST', '/accounts', { name: 'shop' }, key('1'));
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    const fresh = answers.filter(({ status, headers }) => status === 201 && !headers.has('idempotency-replayed'));
    expect(fresh).toHaveLength(1);
    for (const { status, json } of answers) {
      if (status !== 201) expect([status, json.code]).toEqual([409, 'ERR_IDEMPOTENCY_RUNNING']);
    }
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(2);
  });

  it('that failed, or was only tried, can be sent again', async () => {
    const service = await runService();
    const bad = { name: 'a/b' };
    for (let n = 0; n < 2; n++) expect((await service.api('POST', '/accounts', bad, key('1'))).status).toBe(400);
    const tried = await service.api('POST', '/accounts?dryRun=true', { name: 'shop' }, key('1'));
    expect(tried.json.dryRun).toBe(true);
    expect((await service.api('POST', '/accounts', { name: 'shop' }, key('1'))).status).toBe(201);
    expect((await service.api('POST', '/accounts', { name: 'SHOP' }, key('2'))).status).toBe(409);
    expect((await service.api('POST', '/accounts', { name: 'till' }, key('2'))).status).toBe(201);
  });

  it('that gave credentials tells what it made, and never gives them again', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const user = () => service.api('POST', `/accounts/${account}/users`, { name: 'till' }, key('user'));
    const { creds, jwt, publicKey } = (await user()).json;
    const token = () => service.api('POST', '/tokens', { name: 'ci', role: 'viewer' }, key('token'));
    const issued = (await token()).json;
    const [again, lost] = [await user(), await token()];
    expect(again).toMatchObject({ status: 409, json: { code: 'ERR_IDEMPOTENCY_DONE' } });
    expect(again.json.detail).toContain(`user.create of ${publicKey}, /api/v1/users/${publicKey}`);
    expect(again.headers.get('location')).toBe(`/api/v1/users/${publicKey}`);
    expect(lost.json).toMatchObject({ code: 'ERR_IDEMPOTENCY_DONE', detail: expect.stringContaining(issued.id) });
    const raw = await openRaw(service.dataDir);
    const kept = JSON.stringify(
      (await raw.execute('SELECT * FROM "idempotency"')).rows.map((row) => ({ ...row, created_at: '' })),
    );
    await raw.close();
    const seed = /SU[A-Z2-7]{56}/.exec(creds)?.[0] ?? 'no seed';
    for (const secret of [seed, jwt, issued.token]) expect(kept).not.toContain(secret);
    expect((await databaseBytes(service.dataDir)).includes(seed)).toBe(false);
    // One for a key kept elsewhere gives a JWT that a bearer's role may make a credential.
    const body = { name: 'own', publicKey: Seed.generate('user').publicKey, bearer: true };
    const bearer = () => service.api('POST', `/accounts/${account}/users`, body, key('bearer'));
    expect([(await bearer()).status, (await bearer()).json.code]).toEqual([201, 'ERR_IDEMPOTENCY_DONE']);
  });

  it('is known to have been made although its answer was never sent', async () => {
    const service = await runService();
    const ask = () => service.api('POST', '/accounts', { name: 'shop' }, key('1'));
    await ask();
    // What a crash between the change and its answer leaves.
    const raw = await openRaw(service.dataDir);
    await raw.execute('UPDATE "idempotency" SET "status" = NULL, "headers" = NULL, "body" = NULL');
    await raw.close();
    expect((await ask()).json).toMatchObject({
      code: 'ERR_IDEMPOTENCY_DONE',
      detail: expect.stringContaining('account.create of A'),
    });
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(2);
  });

  it('is forgotten after a day', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    await service.api('POST', '/accounts', { name: 'shop' }, key('1'));
    now += 24 * 3_600;
    expect((await service.api('POST', '/accounts', { name: 'till' }, key('1'))).status).toBe(201);
    await service.api('POST', '/accounts', { name: 'office' }, key('2'));
    const raw = await openRaw(service.dataDir);
    expect((await raw.execute('SELECT "id" FROM "idempotency"')).rows).toHaveLength(2);
    await raw.close();
  });

  it('is refused with a key that is none', async () => {
    const service = await runService();
    for (const given of ['', '""', '"', 'a b', '"a\\b"', '"a", "b"', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'ü']) {
      const refused = await service.api('POST', '/accounts', { name: 'shop' }, { 'idempotency-key': given });
      expect(refused.json, given).toMatchObject({ status: 400, code: 'ERR_IDEMPOTENCY_KEY' });
    }
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(1);
  });
});
