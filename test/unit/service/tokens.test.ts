import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ensureAdminToken } from '../../../service/auth/admin-token.js';
import { openSessions } from '../../../service/auth/sessions.js';
import { openTokens } from '../../../service/auth/tokens.js';
import { openCustody } from '../../../service/custody/custody.js';
import { localMasterKey } from '../../../service/custody/local-key.js';
import { ownKey } from '../../../service/custody/own-key.js';
import { noVault } from '../../../service/custody/vault/settings.js';
import { openTestStore } from './database.js';
import { testFolder } from './folder.js';
import { NOW, runService } from './service.js';

const clock = { now: 1_700_000_000 };

async function tokensIn(dir: string, masterKey = randomBytes(32)) {
  const store = await openTestStore(dir);
  const custody = await openCustody(store, localMasterKey(Buffer.from(masterKey)), noVault);
  const sessions = await openSessions(store, custody, () => clock.now);
  return { store, masterKey, tokens: openTokens(store, sessions, () => clock.now) };
}

/** The key that the service signs its own tokens with. */
async function ownTokenKey(dataDir: string, masterKey: string) {
  const store = await openTestStore(dataDir);
  const custody = await openCustody(store, localMasterKey(Buffer.from(masterKey, 'base64')), noVault);
  return { store, key: await ownKey(store, custody, 'access-token', 'access-token-key') };
}

describe('access tokens', () => {
  it('name their holder, also after a restart', async () => {
    const dir = await testFolder();
    const first = await tokensIn(dir);
    const { token } = await first.store.transaction((tx) =>
      first.tokens.issue(tx, { name: 'ci', role: 'admin' }, 'service'),
    );
    await first.store.close();
    const second = await tokensIn(dir, first.masterKey);
    expect(await second.tokens.verify(token)).toEqual({
      actor: 'token:ci',
      grants: [{ role: 'admin', operator: null, account: null }],
      tokenId: expect.any(String),
    });
    expect(JSON.stringify(await second.store.db.accessToken.findMany(), (_key, value) => String(value))).not.toContain(
      token,
    );
    await second.store.close();
  });

  it('are refused once revoked or expired, changed by a letter, or made by anybody else', async () => {
    const { store, tokens } = await tokensIn(await testFolder());
    const issue = (expires?: number) =>
      store.transaction((tx) =>
        tokens.issue(tx, { name: 'ci', role: 'admin', ...(expires && { expires }) }, 'service'),
      );
    const revoked = await issue();
    await store.transaction((tx) => tokens.revoke(tx, revoked.id, 'service'));
    await expect(issue(clock.now)).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    const expired = await issue(clock.now + 1);
    clock.now += 1;
    const good = await issue();
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const sign = (alg: string, key: Parameters<SignJWT['sign']>[0]) =>
      new SignJWT({ role: 'admin' })
        .setProtectedHeader({ alg, typ: 'at+jwt' })
        .setIssuer('natsctl')
        .setAudience('natsctl service')
        .setSubject('ci')
        .setJti('x')
        .setIssuedAt(clock.now)
        .sign(key);
    const bad = [
      revoked.token,
      expired.token,
      good.token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
      good.token.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')),
      await sign('EdDSA', stranger),
      await sign('HS256', randomBytes(32)),
      new UnsecuredJWT({ role: 'admin' }).setSubject('ci').setJti('x').encode(),
      '',
      'x'.repeat(5_000),
    ];
    for (const token of bad)
      await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' });
    expect(await tokens.verify(good.token)).toMatchObject({ actor: 'token:ci' });
    await store.close();
  });
});

it('a token of the first release is refused as any other, and the log says what to do', async () => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const dataDir = await testFolder();
  const masterKey = randomBytes(32).toString('base64');
  const service = await runService({ dataDir, masterKey, logger });
  const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
  await service.close();
  // The key is the one that the first release signed with.
  const { store, key } = await ownTokenKey(dataDir, masterKey);
  const old = (subject: string, exp?: number) => {
    const unsigned = new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
      .setIssuer('natsctl')
      .setAudience('natsctl service')
      .setSubject(subject)
      .setJti(randomBytes(32).toString('base64url'))
      .setIssuedAt(NOW - 10);
    return (exp === undefined ? unsigned : unsigned.setExpirationTime(exp)).sign(key);
  };
  // One that has the name of an account's key is no sign-in with that key either.
  const tokens = [await old('ci'), await old('ci', NOW + 900), await old(account, NOW + 900)];
  await store.close();
  const again = await runService({ dataDir, masterKey, logger, operator: service.operator, custody: false });
  for (const token of tokens) {
    const before = lines.length;
    const refused = await again.api('GET', '/whoami', undefined, { authorization: `Bearer ${token}` });
    expect(refused).toMatchObject({
      status: 401,
      json: { code: 'ERR_AUTH_TOKEN_INVALID', detail: 'the access token is refused: it is not one of this service' },
    });
    expect(refused.text).not.toMatch(/release/);
    const [told] = lines.slice(before).map((line) => JSON.parse(line));
    expect(told).toMatchObject({ code: 'ERR_AUTH_TOKEN_OUTDATED', hint: expect.stringContaining('token create') });
    expect(JSON.stringify(told)).not.toContain(token);
  }
});

it('a token tells what was made with it, and takes that along where it is asked to', async () => {
  const service = await runService();
  const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
  const make = async (name: string, by: string = service.adminToken, more: object = {}) => {
    const body = { name, role: 'admin', ...more };
    return (await service.api('POST', '/tokens', body, { authorization: `Bearer ${by}` })).json;
  };
  const holds = async (...tokens: { token: string }[]) =>
    Promise.all(
      tokens.map(async ({ token }) => {
        const answer = await service.api('GET', '/whoami', undefined, { authorization: `Bearer ${token}` });
        return answer.status === 200;
      }),
    );
  const chief = await make('chief');
  const ci = await make('ci', chief.token);
  const inner = await make('inner', ci.token, { account });
  const aside = await make('aside');
  const list = async (query: string) =>
    (await service.api('GET', `/tokens?${query}`)).json.items.map(({ name }: { name: string }) => name).sort();
  expect(await list(`madeWith=${chief.id}`)).toEqual(['ci']);
  expect(await list('createdBy=token:chief')).toEqual(['ci']);
  // Who may not manage the maker is not told which one it was.
  const shown = await service.api('GET', '/tokens', undefined, { authorization: `Bearer ${inner.token}` });
  expect(shown.json.items).toMatchObject([{ name: 'inner', createdBy: 'token:ci' }]);
  expect(shown.text).not.toContain(ci.id);

  const tried = await service.api('DELETE', `/tokens/${chief.id}?descendants=true&dryRun=true`);
  expect(tried.json.changes.map(({ entity }: { entity: string }) => entity)).toEqual([chief.id, ci.id, inner.id]);
  const alone = await service.api('DELETE', `/tokens/${chief.id}`);
  const [named, innerNamed] = [
    { id: ci.id, name: 'ci' },
    { id: inner.id, name: 'inner' },
  ];
  expect(alone).toMatchObject({
    status: 200,
    json: { id: chief.id, name: 'chief', alsoRevoked: [], inForce: [named, innerNamed] },
  });
  expect(await holds(chief, ci, inner, aside)).toEqual([false, true, true, true]);
  // What it made is found also after it, and after one in between.
  expect((await service.api('DELETE', `/tokens/${ci.id}`)).json.inForce).toEqual([innerNamed]);
  const rest = await service.api('DELETE', `/tokens/${chief.id}?descendants=true`);
  expect(rest.json).toMatchObject({ alsoRevoked: [innerNamed], inForce: [] });
  expect(await holds(chief, ci, inner, aside)).toEqual([false, false, false, true]);
  const { items } = (await service.api('GET', '/audit?action=token.revoke')).json;
  expect(items.map(({ entity }: { entity: string }) => entity)).toEqual([chief.id, ci.id, inner.id]);
});

it('a token that is revoked while it makes another one makes none', async () => {
  const { store, tokens } = await tokensIn(await testFolder());
  const issue = (madeWith?: string) =>
    store.transaction((tx) => tokens.issue(tx, { name: 'ci', role: 'admin', madeWith }, 'token:ci'));
  const maker = await issue();
  await store.transaction((tx) => tokens.revoke(tx, maker.id, 'service'));
  await expect(issue(maker.id)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' });
  expect(await store.db.accessToken.count()).toBe(1);
  await store.close();
});

describe('the first admin token', () => {
  it('is made on the first start, kept for its owner alone, and found again', async () => {
    const dir = await testFolder();
    const { store, tokens } = await tokensIn(dir);
    const first = await ensureAdminToken(store, tokens, dir);
    expect(first.made).toBe(true);
    expect((await stat(path.join(dir, 'admin.token'))).mode & 0o777).toBe(0o600);
    expect(await ensureAdminToken(store, tokens, dir)).toEqual({ ...first, made: false });
    await store.close();
  });

  it('is replaced when its file is gone or spoilt, and the old one ends', async () => {
    const dir = await testFolder();
    const { store, tokens } = await tokensIn(dir);
    const first = await ensureAdminToken(store, tokens, dir);
    await rm(first.file);
    const second = await ensureAdminToken(store, tokens, dir);
    expect(second.made).toBe(true);
    await expect(tokens.verify(first.token)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_INVALID' });
    await writeFile(first.file, 'spoilt', { mode: 0o600 });
    const third = await ensureAdminToken(store, tokens, dir);
    expect((await readFile(first.file, 'utf8')).trim()).toBe(third.token);
    expect(await tokens.verify(third.token)).toMatchObject({ actor: 'token:admin.token' });
    await store.close();
  });
});
