import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ensureAdminToken } from '../../../service/auth/admin-token.js';
import { openSessions } from '../../../service/auth/sessions.js';
import { openTokens } from '../../../service/auth/tokens.js';
import { openCustody } from '../../../service/custody/custody.js';
import { localMasterKey } from '../../../service/custody/local-key.js';
import { noVault } from '../../../service/custody/vault/settings.js';
import { openTestStore } from './database.js';
import { testFolder } from './folder.js';

const clock = { now: 1_700_000_000 };

async function tokensIn(dir: string, masterKey = randomBytes(32)) {
  const store = await openTestStore(dir);
  const custody = await openCustody(store, localMasterKey(Buffer.from(masterKey)), noVault);
  const sessions = await openSessions(store, custody, () => clock.now);
  return { store, masterKey, tokens: openTokens(store, sessions, () => clock.now) };
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
