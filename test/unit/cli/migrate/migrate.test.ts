import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { createExport } from '../../../../cli/export/change.js';
import { createImport } from '../../../../cli/import/create.js';
import { migrate } from '../../../../cli/migrate/migrate.js';
import { accountOfToken, accountsOfOperator } from '../../../../cli/migrate/source.js';
import { createOperator } from '../../../../cli/operator/create.js';
import { credsFile } from '../../../../cli/store/keystore.js';
import { listAccountNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { openWorkspace, type Workspace } from '../../../../cli/workspace.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

/** Two operators in one store: `staging` with accounts and users, and `acme`, to which they go. */
async function twoOperators(options: { requireSigningKeys?: boolean } = {}) {
  const settings = tempSettings();
  const staging = await tempWorkspace({ settings, name: 'staging' });
  await createAccount(staging, { name: 'billing', signingKey: true });
  await createAccount(staging, { name: 'shop' });
  await createExport(staging, { account: 'billing', subject: 'q', type: 'service' }, {});
  const one = { share: false, allowTrace: false, unmatched: false };
  await createImport(staging, { account: 'shop', source: 'billing', subject: 'q', ...one }, {});
  await createUser(staging, { name: 'ann', account: 'shop', ...noPermissions });
  const signingKey = options.requireSigningKeys ?? false;
  await createOperator(
    staging.paths,
    { name: 'acme', signingKey: true, requireSigningKeys: signingKey, serviceUrls: [] },
    NOW,
  );
  const acme = await openWorkspace(settings, { operator: 'acme', now: NOW });
  return { staging, acme };
}

const from = (workspace: Workspace, names: string[] = []) =>
  accountsOfOperator(workspace, { operator: 'staging' }, names);

describe('migrate', () => {
  it('signs accounts by the operator, with users and creds, and leaves them where they come from', async () => {
    const { staging, acme } = await twoOperators();
    const source = await from(acme);
    expect(source.skipped).toEqual([{ account: 'SYS', reason: expect.stringContaining('system account') }]);
    const dry = await migrate(acme, source, { force: false, dryRun: true });
    expect(dry.accounts.map(({ name }) => name)).toEqual(['billing', 'shop']);
    expect(await listAccountNames(acme.store)).toEqual(['SYS']);
    const done = await migrate(acme, source, { force: false });
    const operator = (await readOperator(acme.store)).claims;
    expect(done).toMatchObject({
      from: 'operator staging',
      operator: 'acme',
      warnings: [],
      accounts: [
        { name: 'billing', issuer: operator.nats.signing_keys[0], users: 0, replaced: false },
        { name: 'shop', users: 1 },
      ],
    });
    const [before, after] = [await readAccount(staging.store, 'shop'), await readAccount(acme.store, 'shop')];
    expect(after.jwt.claims).toMatchObject({ sub: before.jwt.claims.sub, iss: operator.nats.signing_keys[0] });
    expect(after.jwt.claims.nats).toEqual(before.jwt.claims.nats);
    expect((await readUser(acme.store, 'shop', 'ann')).jwt.token).toBe(
      (await readUser(staging.store, 'shop', 'ann')).jwt.token,
    );
    expect(existsSync(credsFile(acme.keystore, 'acme', 'shop', 'ann'))).toBe(true);
  });

  it('takes some, and says what they import that is not there', async () => {
    const { acme } = await twoOperators();
    const done = await migrate(acme, await from(acme, ['shop']), { force: false });
    expect(done.warnings).toEqual([expect.stringMatching(/shop imports q of A/)]);
    expect(await listAccountNames(acme.store)).toEqual(['SYS', 'shop']);
  });

  it('replaces the same account by force, and another one never', async () => {
    const { staging, acme } = await twoOperators();
    await migrate(acme, await from(acme, ['shop']), { force: false });
    await expect(migrate(acme, await from(acme, ['shop']), { force: false })).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_EXISTS',
    });
    const again = await migrate(acme, await from(acme, ['shop']), { force: true });
    expect(again.accounts).toMatchObject([{ replaced: true }]);
    await createAccount(acme, { name: 'Billing' });
    await expect(migrate(acme, await from(acme, ['billing']), { force: true })).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_NAME_TAKEN',
    });
    // All or none.
    await expect(migrate(acme, await from(acme), { force: true })).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_NAME_TAKEN',
    });
    expect(await listAccountNames(staging.store)).toEqual(['SYS', 'billing', 'shop']);
  });

  it('lets nobody in again who was revoked after the first time', async () => {
    const { acme } = await twoOperators();
    await migrate(acme, await from(acme), { force: false });
    await revokeUser(acme, { user: 'ann', account: 'shop', unlisted: false });
    const dropped = { code: 'ERR_REVOCATIONS_DROPPED' };
    await expect(migrate(acme, await from(acme, ['shop']), { force: true })).rejects.toMatchObject(dropped);
    expect((await readAccount(acme.store, 'shop')).jwt.claims.nats.revocations.size).toBe(1);
  });

  it('needs a key of the account; a strict operator takes no users of its identity', async () => {
    const { acme } = await twoOperators({ requireSigningKeys: true });
    const source = await from(acme);
    await expect(migrate(acme, source, { force: false })).rejects.toMatchObject({
      code: 'ERR_IDENTITY_KEY_USED',
      details: { account: 'shop', users: ['ann'] },
    });
    const elsewhere = { ...acme, keystore: path.join(acme.keystore, 'none') };
    await expect(migrate(elsewhere, await from(acme, ['billing']), { force: false })).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
    });
  });

  it('reads a folder of an operator or one token, and refuses what is neither', async () => {
    const { staging, acme } = await twoOperators();
    const dir = await accountsOfOperator(acme, { dir: staging.store.dir }, ['billing']);
    expect(dir).toMatchObject({ from: 'operator staging', accounts: [{ name: 'billing' }] });
    const { token } = (await readAccount(staging.store, 'shop')).jwt;
    expect(await accountOfToken(token)).toMatchObject({ accounts: [{ name: 'shop', users: [] }] });
    await expect(accountsOfOperator(acme, { dir: '/' }, [])).rejects.toMatchObject({ code: 'ERR_OPERATOR_UNKNOWN' });
    await expect(accountsOfOperator(acme, { operator: 'acme' }, [])).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(accountsOfOperator(acme, {}, [])).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});
