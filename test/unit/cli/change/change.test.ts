import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { readAccount } from '../../../../cli/store/store.js';
import { tempWorkspace } from '../temp-workspace.js';

describe('a change of an account', () => {
  it('is seen and written also where the edit changed the claims in place', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const change = await changeAccount(workspace, 'orders', {}, (claims) => {
      claims.nats.limits.conn = 5;
      return claims;
    });
    expect(change.differences).toEqual([{ path: '/nats/limits/conn', before: -1, after: 5 }]);
    expect((await readAccount(workspace.store, 'orders')).jwt.claims.nats.limits.conn).toBe(5);
  });

  it('is shown and not written in a dry run', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const before = (await readAccount(workspace.store, 'orders')).jwt.token;
    const change = await changeAccount(workspace, 'orders', { dryRun: true }, (claims) => ({ ...claims, exp: 4e9 }));
    expect(change.differences).toEqual([{ path: '/exp', after: 4e9 }]);
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(before);
  });
});
