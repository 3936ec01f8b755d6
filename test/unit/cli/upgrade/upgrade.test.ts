import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { findSeed, removeSeed, writeSeed } from '../../../../cli/store/keystore.js';
import { openOperator, operatorFile, readAccount, readOperator } from '../../../../cli/store/store.js';
import { readUser, userFile } from '../../../../cli/store/users.js';
import { upgrade } from '../../../../cli/upgrade/upgrade.js';
import { createUser } from '../../../../cli/user/create.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { rawV1Token } from '../../claims/jwt/raw.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

/** As nsc before 0.5 left a store: operator `old`, accounts `a` and `b`, user `u` of `a`, an activation of `b` for `a`. */
async function oldStore() {
  const settings = tempSettings();
  const workspace = await tempWorkspace({ settings });
  const { store, keystore } = workspace;
  const operator = (await readOperator(store)).claims;
  const operatorSeed = (await findSeed(keystore, operator.sub)) as Seed;
  const [a, b, u] = [Seed.generate('account'), Seed.generate('account'), Seed.generate('user')];
  for (const seed of [a, b, u]) await writeSeed(keystore, seed);
  const claims = (type: string, iss: Seed, sub: string, name: string, nats: object) =>
    rawV1Token(JSON.stringify({ jti: 'x', iat: NOW - 100, iss: iss.publicKey, name, sub, type, nats }), iss);
  const limits = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1, wildcards: true };
  const exports = [{ subject: 'q', type: 'service', token_req: true }];
  const token = claims('activation', b, a.publicKey, 'q', { subject: 'q', type: 'service' });
  const imports = [{ name: 'q', subject: 'q', account: b.publicKey, token, type: 'service', to: 'q' }];
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  put(operatorFile(store), claims('operator', operatorSeed, operator.sub, 'acme', {}));
  put(path.join(store.dir, 'accounts/a/a.jwt'), claims('account', operatorSeed, a.publicKey, 'a', { imports, limits }));
  put(path.join(store.dir, 'accounts/b/b.jwt'), claims('account', operatorSeed, b.publicKey, 'b', { exports, limits }));
  put(userFile(store, 'a', 'u'), claims('user', a, u.publicKey, 'u', {}));
  return { settings, workspace, a, b, u };
}

const versions = async (workspace: Awaited<ReturnType<typeof oldStore>>['workspace']) => [
  (await readOperator(workspace.store)).version,
  (await readAccount(workspace.store, 'a')).jwt.version,
  (await readAccount(workspace.store, 'b')).jwt.version,
  (await readUser(workspace.store, 'a', 'u')).jwt.version,
];

describe('upgrade', () => {
  it('writes all of version 1 as version 2, after a copy of it', async () => {
    const { workspace, u } = await oldStore();
    const { store } = workspace;
    const before = readFileSync(operatorFile(store), 'utf8');
    expect(await versions(workspace)).toEqual([1, 1, 1, 1]);
    const dry = await upgrade(workspace, { dryRun: true });
    expect(dry.changes).toHaveLength(4);
    expect(existsSync(dry.backup as string)).toBe(false);
    expect(await versions(workspace)).toEqual([1, 1, 1, 1]);

    const done = await upgrade(workspace, {});
    expect(await versions(workspace)).toEqual([2, 2, 2, 2]);
    expect(done).toMatchObject({ left: [], activations: [], changed: true });
    const backup = done.backup as string;
    expect(backup.startsWith(path.dirname(store.root))).toBe(true);
    expect(readFileSync(path.join(backup, 'acme/acme.jwt'), 'utf8')).toBe(before);
    expect(existsSync(path.join(backup, 'acme/accounts/a/users/u.jwt'))).toBe(true);
    expect((await readOperator(await openOperator(backup))).version).toBe(1);
    const creds = parseCreds(readFileSync(done.changes.find(({ kind }) => kind === 'user')?.creds as string, 'utf8'));
    expect(creds.seed.publicKey).toBe(u.publicKey);
    const user = (await readUser(store, 'a', 'u')).jwt;
    expect([creds.token, user.claims.nats.subs]).toEqual([user.token, -1]);

    expect(await upgrade(workspace, {})).toMatchObject({ changed: false, backup: null, changes: [] });
  });

  it('makes activations of accounts that are here again, and names the others', async () => {
    const { workspace, b } = await oldStore();
    await upgrade(workspace, { dryRun: true });
    await removeSeed(workspace.keystore, b.publicKey);
    const done = await upgrade(workspace, {});
    expect(done.activations).toEqual([{ account: 'a', subject: 'q', exporter: 'b' }]);
    expect((await readAccount(workspace.store, 'a')).jwt.claims.nats.imports).toMatchObject([{ account: b.publicKey }]);
  });

  it('leaves users whose signer is elsewhere or who are revoked', async () => {
    const { workspace, a } = await oldStore();
    await removeSeed(workspace.keystore, a.publicKey);
    const done = await upgrade(workspace, {});
    expect(done.left).toEqual([{ kind: 'user', name: 'a/u', reason: expect.stringContaining(a.publicKey) }]);
    expect(await versions(workspace)).toEqual([2, 2, 2, 1]);
    const other = await oldStore();
    await upgrade(other.workspace, {});
    await createUser(other.workspace, { name: 'v2', account: 'b', ...noPermissions });
    await changeAccount(other.workspace, 'a', {}, (claims) => ({
      ...claims,
      nats: { ...claims.nats, revocations: new Map([['*', NOW]]) },
    }));
    const { jwt } = await readUser(other.workspace.store, 'a', 'u');
    writeFileSync(
      userFile(other.workspace.store, 'a', 'u'),
      rawV1Token(
        JSON.stringify({
          jti: 'x',
          iat: NOW - 9,
          iss: jwt.claims.iss,
          name: 'u',
          sub: jwt.claims.sub,
          type: 'user',
          nats: {},
        }),
        other.a,
      ),
    );
    expect((await upgrade(other.workspace, { backup: path.join(other.settings.home, 'b2') })).left).toEqual([
      { kind: 'user', name: 'a/u', reason: 'it is revoked' },
    ]);
  });

  it('refuses without the key of the operator, over an older copy, and where others run the operator', async () => {
    const { settings, workspace } = await oldStore();
    const { store, keystore } = workspace;
    const taken = path.join(settings.home, 'taken');
    mkdirSync(taken);
    await expect(upgrade(workspace, { backup: taken })).rejects.toMatchObject({ code: 'ERR_BACKUP_EXISTS' });
    const operator = (await readOperator(store)).claims;
    await removeSeed(keystore, operator.sub);
    await expect(upgrade(workspace, {})).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
    const info = { managed: true, name: 'acme', kind: 'operator', version: '1' };
    writeFileSync(path.join(store.dir, '.nsc'), JSON.stringify(info));
    const managed = await openWorkspace(settings, { now: NOW });
    await expect(upgrade(managed, {})).rejects.toMatchObject({ code: 'ERR_OPERATOR_MANAGED' });
    expect(await versions(workspace)).toEqual([1, 1, 1, 1]);
  });
});
