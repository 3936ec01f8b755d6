import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { addRevocation, deleteRevocation, listRevocations } from '../../../../cli/revocation/change.js';
import { createUser } from '../../../../cli/user/create.js';
import { listUserSummaries } from '../../../../cli/user/describe.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';

async function world() {
  const { workspace, claims } = await threeAccounts();
  const user = await createUser(workspace, { name: 'checkout', account: 'shop', ...noPermissions });
  const add = (who: string, more: { at?: number; unlisted?: boolean } = {}) =>
    addRevocation(workspace, { account: 'shop', user: who, unlisted: false, ...more }, {});
  const remove = (who: string) => deleteRevocation(workspace, { account: 'shop', user: who }, {});
  const revocations = async () => [...(await claims('shop')).nats.revocations];
  return { workspace, user, add, remove, revocations };
}

describe('revocation add', () => {
  it('takes a name or key, and a time', async () => {
    const { workspace, user, add, revocations } = await world();
    expect(await add('checkout', { at: NOW - 100 })).toMatchObject({ user: user.publicKey, name: 'checkout' });
    expect((await listUserSummaries(workspace, 'shop')).users).toMatchObject([{ revoked: false }]);
    expect(await add(user.publicKey)).toMatchObject({ revokedAt: NOW });
    expect(await revocations()).toEqual([[user.publicKey, NOW]]);
    expect((await add('checkout')).differences).toEqual([]);
    expect((await listRevocations(workspace, 'shop')).revocations).toEqual([
      { user: user.publicKey, name: 'checkout', revokedAt: NOW, current: true },
    ]);
  });

  it('refuses who was never seen, unless told so', async () => {
    const { add } = await world();
    const stranger = Seed.generate('user').publicKey;
    await expect(add('nobody')).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
    await expect(add(stranger)).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
    expect(await add(stranger, { unlisted: true })).toMatchObject({ user: stranger, name: null });
  });
});

describe('revocation delete', () => {
  it('takes it back, and says what still stands against it', async () => {
    const { user, add, remove, revocations } = await world();
    await add('checkout');
    expect((await remove('checkout')).warnings).toEqual([expect.stringContaining('an admin forces it')]);
    expect(await revocations()).toEqual([]);
    await expect(remove(user.publicKey)).rejects.toMatchObject({ code: 'ERR_REVOCATION_UNKNOWN' });
    await add('*');
    await expect(remove('checkout')).rejects.toMatchObject({ hint: expect.stringContaining("'*'") });
    await add('checkout', { at: NOW - 5 });
    expect((await remove('checkout')).warnings).toEqual([expect.stringContaining('still covers it')]);
    await remove('*');
    expect(await revocations()).toEqual([]);
  });
});
