import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { createAccount } from '../../../../cli/account/create.js';
import { importAccount } from '../../../../cli/account/import.js';
import { changeUser } from '../../../../cli/change/change.js';
import { findSeed, removeSeed } from '../../../../cli/store/keystore.js';
import { readAccount } from '../../../../cli/store/store.js';
import { listUserNames, readUser, removeUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { importUser, type WantedUserImport } from '../../../../cli/user/import.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { rawV1Token } from '../../claims/jwt/raw.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const take = (workspace: Workspace, text: string, wanted: Partial<WantedUserImport> = {}) =>
  importUser(workspace, { text, overwrite: false, skip: false, ...wanted });

/** Creds of a user that this store no longer has. */
async function lost(expiry?: number) {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  const user = await createUser(workspace, { name: 'ann', account: 'orders', expiry, ...noPermissions });
  const creds = readFileSync(user.creds as string, 'utf8');
  await removeUser(workspace.store, 'orders', 'ann');
  await removeSeed(workspace.keystore, user.publicKey);
  return { workspace, creds, user, token: parseCreds(creds).token };
}

describe('user import', () => {
  it('takes creds: the JWT below its account, the seed into the keystore', async () => {
    const { workspace, creds, user, token } = await lost();
    const dry = await take(workspace, creds, { dryRun: true });
    expect(dry).toMatchObject({ result: 'added', account: 'orders', seed: true });
    expect(await listUserNames(workspace.store, 'orders')).toEqual([]);
    const done = await take(workspace, creds.replaceAll('\n', '\r\n'));
    expect(done).toMatchObject({ name: 'ann', publicKey: user.publicKey, result: 'added', creds: user.creds });
    expect((await readUser(workspace.store, 'orders', 'ann')).jwt.token).toBe(token);
    expect((await findSeed(workspace.keystore, user.publicKey))?.publicKey).toBe(user.publicKey);
    expect(existsSync(user.creds as string)).toBe(true);
    expect(await take(workspace, creds)).toMatchObject({ result: 'unchanged', changed: false });
  });

  it('takes a bare JWT, whose creds cannot be made', async () => {
    const { workspace, token } = await lost();
    expect(await take(workspace, token)).toMatchObject({ result: 'added', seed: false, creds: null });
  });

  it('replaces a user that is here only where that is asked for, and keeps its name', async () => {
    const { workspace, creds, token } = await lost();
    await take(workspace, creds);
    await changeUser(workspace, { user: 'ann', account: 'orders' }, {}, (claims) => ({
      ...claims,
      nats: { ...claims.nats, tags: ['x'] },
    }));
    await expect(take(workspace, token)).rejects.toMatchObject({
      code: 'ERR_USER_EXISTS',
      details: { differences: ['/nats/tags'] },
    });
    expect(await take(workspace, token, { overwrite: true })).toMatchObject({ result: 'updated', name: 'ann' });
    expect((await readUser(workspace.store, 'orders', 'ann')).jwt.token).toBe(token);
  });

  it('refuses another user of that name, one of an account that is not here, or of a key it no longer has', async () => {
    const { workspace, token } = await lost();
    await createUser(workspace, { name: 'Ann', account: 'orders', ...noPermissions });
    await expect(take(workspace, token, { overwrite: true })).rejects.toMatchObject({ code: 'ERR_USER_NAME_TAKEN' });
    const elsewhere = await tempWorkspace();
    await expect(take(elsewhere, token)).rejects.toMatchObject({
      code: 'ERR_USER_FOREIGN',
      hint: expect.stringContaining('account import'),
    });
    const { token: account } = (await readAccount(workspace.store, 'orders')).jwt;
    await importAccount(elsewhere, { text: account, overwrite: false, force: true, skip: false });
    expect(await take(elsewhere, token)).toMatchObject({ result: 'added' });
  });

  it('warns of a user that is revoked, refuses one that is over', async () => {
    const { workspace, creds } = await lost();
    await take(workspace, creds);
    await revokeUser(workspace, { user: 'ann', account: 'orders', unlisted: false });
    expect((await take(workspace, creds)).warnings).toEqual([expect.stringContaining('revoked')]);
    const over = await lost(NOW + 1);
    const later = { ...over.workspace, now: NOW + 100 };
    await expect(take(later, over.token)).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    expect(await take(later, over.token, { skip: true })).toMatchObject({ result: 'added' });
  });

  it('warns where a strict operator has servers refuse it, refuses version 1 and other kinds', async () => {
    const { workspace, user } = await lost();
    const { token: account, claims } = (await readAccount(workspace.store, 'orders')).jwt;
    const seed = await findSeed(workspace.keystore, claims.sub);
    const payload = { jti: 'x', iat: NOW, iss: claims.sub, name: 'v1', sub: user.publicKey, type: 'user', nats: {} };
    const v1 = rawV1Token(JSON.stringify(payload), seed as never);
    await expect(take(workspace, v1)).rejects.toMatchObject({ code: 'ERR_JWT_V1' });
    await expect(take(workspace, account)).rejects.toMatchObject({ code: 'ERR_JWT_KIND' });
    const strict = await tempWorkspace({ requireSigningKeys: true });
    await importAccount(strict, { text: account, overwrite: false, force: true, skip: false });
    const { token } = await lostUserOf(workspace);
    expect((await take(strict, token)).warnings).toEqual([expect.stringContaining('requires signing keys')]);
  });
});

async function lostUserOf(workspace: Workspace) {
  await createUser(workspace, { name: 'eve', account: 'orders', ...noPermissions });
  return (await readUser(workspace.store, 'orders', 'eve')).jwt;
}
