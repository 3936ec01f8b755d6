import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { importAccount } from '../../../../cli/account/import.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { handOver, handOverNote, tokensOf } from '../../../../cli/managed/hand-over.js';
import { importOperator } from '../../../../cli/operator/import.js';
import { readOperatorSource } from '../../../../cli/operator/source.js';
import { readBase } from '../../../../cli/store/base.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { readAccount } from '../../../../cli/store/store.js';
import { pull } from '../../../../cli/sync/pull.js';
import { push } from '../../../../cli/sync/push.js';
import { createUser } from '../../../../cli/user/create.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { openWorkspace, type Workspace } from '../../../../cli/workspace.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';
import { type AccountServer, startAccountServer } from './account-server.js';

/** A store with the operator that the account server is of, and nothing of its keys. */
async function managedWorkspace(server: AccountServer): Promise<Workspace> {
  const settings = tempSettings();
  const found = await readOperatorSource(server.operatorToken, {});
  await importOperator(resolvePaths(settings), { found, seeds: [], force: false }, NOW);
  return openWorkspace(settings, { now: NOW });
}

/** What a command does at its end. */
async function handingOver<T>(workspace: Workspace, run: () => Promise<T>) {
  const before = await tokensOf(workspace);
  await run();
  return handOver(workspace, before);
}

const claimsOf = async ({ store }: Workspace, name: string) => (await readAccount(store, name)).jwt.claims;
const withConns = (claims: AccountClaims, conn: number) => ({
  ...claims,
  nats: { ...claims.nats, limits: { ...claims.nats.limits, conn } },
});

describe('an account under a managed operator', () => {
  it('is self-signed, pushed, and comes back signed by the operator with its limits', async () => {
    const server = await startAccountServer();
    server.sets = (claims) => withConns(claims, 10);
    const workspace = await managedWorkspace(server);
    const [row] = await handingOver(workspace, async () => {
      const made = await createAccount(workspace, { name: 'orders' });
      expect(made.issuer).toBe(made.publicKey);
    });
    expect(row).toMatchObject({ name: 'orders', result: 'updated', message: 'the operator set /nats/limits/conn' });
    const claims = await claimsOf(workspace, 'orders');
    expect(claims).toMatchObject({ iss: server.signingKey.publicKey, nats: { limits: { conn: 10 } } });
    expect((await readBase(workspace.store, claims.sub))?.claims.jti).toBe(claims.jti);
    // A user of it needs nobody else.
    await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
    expect(await handOver(workspace, await tokensOf(workspace))).toEqual([]);
  });

  it('is handed over again with every change, naming the token it was made from', async () => {
    const server = await startAccountServer();
    const workspace = await managedWorkspace(server);
    await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    await createUser(workspace, { name: 'ann', account: 'orders', ...noPermissions });
    const [row] = await handingOver(workspace, () =>
      revokeUser(workspace, { user: 'ann', account: 'orders', unlisted: false }),
    );
    expect(row).toMatchObject({ result: 'updated' });
    const claims = await claimsOf(workspace, 'orders');
    expect(claims.iss).toBe(server.signingKey.publicKey);
    expect(claims.nats.revocations.size).toBe(1);
    expect(server.requests.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  it('stays self-signed where it is refused, not signed yet or not answered, until a push', async () => {
    const server = await startAccountServer();
    const workspace = await managedWorkspace(server);
    server.mode = 'refuse';
    const [refused] = await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    expect(refused).toMatchObject({
      result: 'refused',
      code: 'ERR_PUSH_REFUSED',
      message: 'no contract with this account',
    });
    expect(handOverNote(refused as never)).toContain('not signed by the operator');
    const { sub, iss } = await claimsOf(workspace, 'orders');
    expect(iss).toBe(sub);

    server.mode = 'later';
    expect((await push(workspace, {})).accounts).toMatchObject([{ name: 'orders', result: 'pending' }]);
    server.mode = 'store';
    expect((await push(workspace, {})).accounts).toMatchObject([{ name: 'orders', result: 'pending' }]);
    server.mode = 'sign';
    server.accounts.clear();
    expect((await push(workspace, {})).accounts).toMatchObject([{ name: 'orders', result: 'updated' }]);
    expect((await claimsOf(workspace, 'orders')).iss).toBe(server.signingKey.publicKey);
  });

  it('is fetched by a pull once it was signed elsewhere', async () => {
    const server = await startAccountServer();
    const workspace = await managedWorkspace(server);
    server.mode = 'later';
    await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    const claims = await claimsOf(workspace, 'orders');
    const signed = await signClaims(claims, seedSigner(server.signingKey), { now: NOW, after: claims.iat });
    server.accounts.set(claims.sub, signed.token);
    expect((await pull(workspace, {})).accounts).toMatchObject([{ name: 'orders', result: 'updated' }]);
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(signed.token);
  });

  it('refuses an answer that another operator signed, or that lost a revocation', async () => {
    const server = await startAccountServer();
    const workspace = await managedWorkspace(server);
    await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    await createUser(workspace, { name: 'ann', account: 'orders', ...noPermissions });
    server.sets = (claims) => ({ ...claims, nats: { ...claims.nats, revocations: new Map() } });
    const [lossy] = await handingOver(workspace, () =>
      revokeUser(workspace, { user: 'ann', account: 'orders', unlisted: false }),
    );
    expect(lossy).toMatchObject({ result: 'refused', code: 'ERR_PULL_CONFLICT' });
    expect((await claimsOf(workspace, 'orders')).nats.revocations.size).toBe(1);
    server.sets = (claims) => claims;
    server.signingKey = Seed.generate('operator');
    const [foreign] = await handingOver(workspace, () =>
      changeAccount(workspace, 'orders', {}, (claims) => withConns(claims, 3)),
    );
    expect(foreign).toMatchObject({ result: 'refused', code: 'ERR_ACCOUNT_UNTRUSTED' });
    const { sub, iss } = await claimsOf(workspace, 'orders');
    expect(iss).toBe(sub);
  });

  it('is exchanged by hand where there is no account server, and taken back without being asked to overwrite', async () => {
    const server = await startAccountServer({ serverUrl: () => undefined });
    const workspace = await managedWorkspace(server);
    const [row] = await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    expect(row).toMatchObject({ result: 'by hand', message: expect.stringContaining('natsctl account import FILE') });
    const file = path.join(workspace.store.dir, 'accounts/orders/orders.jwt');
    const sent = decodeAs('account', readFileSync(file, 'utf8')).claims;
    const signed = await signClaims(withConns(sent, 5), seedSigner(server.operator), { now: NOW, after: sent.iat });
    const wanted = { text: signed.token, overwrite: false, force: false, skip: false };
    expect(await importAccount(workspace, wanted)).toMatchObject({ result: 'updated', resigned: false });
    expect((await claimsOf(workspace, 'orders')).iss).toBe(server.operator.publicKey);
    expect(await importAccount(workspace, wanted)).toMatchObject({ result: 'unchanged', changed: false });

    // What was changed here meanwhile is not given up by the way.
    await changeAccount(workspace, 'orders', {}, (claims) => ({
      ...claims,
      nats: { ...claims.nats, description: 'x' },
    }));
    await expect(importAccount(workspace, wanted)).rejects.toMatchObject({ code: 'ERR_ACCOUNT_EXISTS' });
  });

  it('needs one of its own keys, and no role of it will do', async () => {
    const server = await startAccountServer();
    const workspace = await managedWorkspace(server);
    await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    const elsewhere = { ...workspace, keystore: path.join(workspace.keystore, 'none') };
    await expect(changeAccount(elsewhere, 'orders', {}, (claims) => withConns(claims, 3))).rejects.toMatchObject({
      code: 'ERR_OPERATOR_MANAGED',
      hint: expect.stringContaining('A'),
    });
  });
});

describe('a key of a managed operator that is here', () => {
  it('signs, and nothing is handed over', async () => {
    const server = await startAccountServer();
    const settings = tempSettings();
    const found = await readOperatorSource(server.operatorToken, {});
    const paths = resolvePaths(settings);
    const done = await importOperator(paths, { found, seeds: [server.signingKey], force: false }, NOW);
    expect(done).toMatchObject({ managed: false, keys: [server.signingKey.publicKey] });
    const workspace = await openWorkspace(settings, { now: NOW });
    const rows = await handingOver(workspace, () => createAccount(workspace, { name: 'orders' }));
    expect(rows).toEqual([]);
    expect((await claimsOf(workspace, 'orders')).iss).toBe(server.signingKey.publicKey);
  });
});
