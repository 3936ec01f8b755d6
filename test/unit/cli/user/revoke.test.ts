import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { readAccount } from '../../../../cli/store/store.js';
import { createUser } from '../../../../cli/user/create.js';
import { listUserSummaries } from '../../../../cli/user/describe.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

async function shop() {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  const user = await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
  const revocations = async () => [...(await readAccount(workspace.store, 'orders')).jwt.claims.nats.revocations];
  const revoke = (who: string, more: { unlisted?: boolean; now?: number } = {}) =>
    revokeUser(
      { ...workspace, now: more.now ?? NOW + 10 },
      { user: who, account: 'orders', unlisted: more.unlisted ?? false },
    );
  return { workspace, user, revocations, revoke };
}

describe('user revoke', () => {
  it('writes the revocation into the account, which is signed anew and newer', async () => {
    const { workspace, user, revocations, revoke } = await shop();
    const before = (await readAccount(workspace.store, 'orders')).jwt.claims;
    expect(await revoke('checkout', { now: NOW - 1 })).toEqual({
      account: 'orders',
      accountKey: before.sub,
      user: user.publicKey,
      name: 'checkout',
      // The user's JWT is from a later second than this clock: it must be covered.
      revokedAt: NOW,
      changed: true,
      dryRun: false,
      differences: [{ path: '/nats/revocations', after: { [user.publicKey]: NOW } }],
      warnings: [],
    });
    expect(await revocations()).toEqual([[user.publicKey, NOW]]);
    const after = (await readAccount(workspace.store, 'orders')).jwt.claims;
    expect(after.iat).toBe(before.iat + 1);
    expect(after.jti).not.toBe(before.jti);
    expect((await listUserSummaries(workspace, 'orders')).users).toMatchObject([{ name: 'checkout', revoked: true }]);
  });

  it('takes a key, keeps a later time, and signs nothing when nothing changes', async () => {
    const { workspace, user, revocations, revoke } = await shop();
    await revoke(user.publicKey, { now: NOW + 100 });
    const { token } = (await readAccount(workspace.store, 'orders')).jwt;
    expect(await revoke('checkout', { now: NOW + 50 })).toMatchObject({ changed: false, revokedAt: NOW + 100 });
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(token);
    expect(await revocations()).toEqual([[user.publicKey, NOW + 100]]);
  });

  it('of everyone covers the newest JWT known and makes the single ones needless', async () => {
    const { workspace, revocations, revoke } = await shop();
    await revoke('checkout');
    await createUser({ ...workspace, now: NOW + 500 }, { name: 'later', account: 'orders', ...noPermissions });
    expect(await revoke('*', { now: NOW + 20 })).toMatchObject({ user: '*', name: null, revokedAt: NOW + 500 });
    expect(await revocations()).toEqual([['*', NOW + 500]]);
  });

  it('refuses a name or key never seen; a key all the same with unlisted', async () => {
    const { revocations, revoke } = await shop();
    const { publicKey } = Seed.generate('user');
    await expect(revoke('nobody')).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
    await expect(revoke(publicKey)).rejects.toMatchObject({
      code: 'ERR_USER_UNKNOWN',
      hint: expect.stringContaining('--unlisted'),
    });
    await expect(revoke(Seed.generate('account').publicKey)).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    expect(await revocations()).toEqual([]);
    expect(await revoke(publicKey, { unlisted: true })).toMatchObject({ user: publicKey, name: null, changed: true });
    expect(await revocations()).toEqual([[publicKey, NOW + 10]]);
  });
});
