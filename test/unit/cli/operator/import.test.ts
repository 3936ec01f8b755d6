import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newOperator } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { OperatorClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { importOperator } from '../../../../cli/operator/import.js';
import { readOperatorSource } from '../../../../cli/operator/source.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { listOperatorNames, openOperator, readOperator } from '../../../../cli/store/store.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { rawV1Token } from '../../claims/jwt/raw.js';
import { startAccountServer } from '../managed/account-server.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

async function operatorToken(seed: Seed, change: (claims: OperatorClaims) => unknown = () => {}, now = NOW) {
  const claims = newOperator(seed.publicKey, 'cloud');
  change(claims as OperatorClaims);
  return (await signClaims(claims, seedSigner(seed), { now })).token;
}

async function taking(
  token: string,
  options: { force?: boolean; seeds?: Seed[]; name?: string } = {},
  settings = tempSettings(),
) {
  const found = await readOperatorSource(token, {});
  const wanted = { found, seeds: options.seeds ?? [], force: options.force === true, name: options.name };
  const paths = resolvePaths(settings);
  return { settings, paths, done: await importOperator(paths, wanted, NOW) };
}

describe('where an operator comes from', () => {
  it('a file (bare or armored), a URL of the JWT or of the account server, version 2 of it first', async () => {
    const server = await startAccountServer();
    const file = path.join(tempDir(), 'cloud.jwt');
    writeFileSync(
      file,
      `-----BEGIN NATS OPERATOR JWT-----\n${server.operatorToken}\n------END NATS OPERATOR JWT------\n`,
    );
    for (const source of [file, `${server.url}/operator`, server.url, server.url.replace('/jwt/v1', '')]) {
      const found = await readOperatorSource(source, {});
      expect(found).toMatchObject({ name: 'cloud', source, jwt: { token: server.operatorToken } });
    }
    expect(server.requests.slice(0, 2)).toEqual(['GET /jwt/v2/operator', 'GET /jwt/v1/operator']);
  });

  it('a name that is known, which is what it is called here', async () => {
    const server = await startAccountServer();
    const env = { NSC_Acme_OPERATOR: `${server.url}/operator` };
    expect(await readOperatorSource('acme', env)).toMatchObject({ name: 'Acme', source: `${server.url}/operator` });
    expect(await readOperatorSource(server.url, env)).toMatchObject({ name: 'Acme' });
    await expect(readOperatorSource('acme', {})).rejects.toMatchObject({ code: 'ERR_SOURCE' });
  });

  it('refuses version 1, another kind, and an address without an operator', async () => {
    const seed = Seed.generate('operator');
    const payload = {
      jti: 'x',
      iat: NOW,
      iss: seed.publicKey,
      name: 'old',
      sub: seed.publicKey,
      type: 'operator',
      nats: {},
    };
    const v1 = rawV1Token(JSON.stringify(payload), seed);
    await expect(readOperatorSource(v1, {})).rejects.toMatchObject({ code: 'ERR_OPERATOR_V1' });
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const account = readFileSync(path.join(workspace.store.dir, 'accounts/orders/orders.jwt'), 'utf8');
    await expect(readOperatorSource(account, {})).rejects.toMatchObject({ code: 'ERR_JWT_KIND' });
    const { url } = await startAccountServer();
    await expect(readOperatorSource(`${url}/accounts/none`, {})).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    await expect(readOperatorSource('http://127.0.0.1:1/jwt/v1/operator', {})).rejects.toMatchObject({
      code: 'ERR_SERVICE_UNREACHABLE',
    });
  });
});

describe('operator import', () => {
  it('makes a managed operator in the layout of nsc', async () => {
    const seed = Seed.generate('operator');
    const { done, settings, paths } = await taking(await operatorToken(seed));
    expect(done).toMatchObject({
      name: 'cloud',
      publicKey: seed.publicKey,
      managed: true,
      result: 'added',
      warnings: [],
    });
    const { store } = await openWorkspace(settings, { now: NOW });
    expect(store.managed).toBe(true);
    expect(JSON.parse(readFileSync(path.join(paths.storeRoot, 'cloud', '.nsc'), 'utf8'))).toEqual({
      managed: true,
      name: 'cloud',
      kind: 'operator',
      version: '1',
    });
  });

  it('takes a newer JWT of the same operator as it comes, an older one only by force', async () => {
    const seed = Seed.generate('operator');
    const first = await operatorToken(seed);
    const { settings } = await taking(first);
    expect((await taking(first, {}, settings)).done).toMatchObject({ result: 'unchanged', changed: false });
    const newer = await operatorToken(seed, (claims) => Object.assign(claims.nats, { tags: ['x'] }), NOW + 5);
    expect((await taking(newer, {}, settings)).done).toMatchObject({
      result: 'updated',
      differences: [{ path: '/nats/tags', after: ['x'] }],
    });
    await expect(taking(first, {}, settings)).rejects.toMatchObject({ code: 'ERR_OPERATOR_OLDER' });
    await taking(first, { force: true }, settings);
    const { store } = await openWorkspace(settings, { now: NOW });
    expect((await readOperator(store)).token).toBe(first);
    expect(store.managed).toBe(true);
  });

  it('takes another identity only by force, and names the accounts it no longer covers', async () => {
    const [seed, signing] = [Seed.generate('operator'), Seed.generate('operator')];
    const token = await operatorToken(seed, (claims) =>
      Object.assign(claims.nats, { signing_keys: [signing.publicKey] }),
    );
    const { settings } = await taking(token, { seeds: [signing] });
    await createAccount(await openWorkspace(settings, { now: NOW }), { name: 'orders' });
    const other = await operatorToken(Seed.generate('operator'), () => {}, NOW + 9);
    await expect(taking(other, {}, settings)).rejects.toMatchObject({ code: 'ERR_OPERATOR_OTHER' });
    // It names the key that signed it, which the operator as it is known here does not.
    const thief = Seed.generate('operator');
    const stolen = newOperator(seed.publicKey, 'cloud');
    stolen.nats.signing_keys = [thief.publicKey];
    const forged = await signClaims(stolen, seedSigner(thief), { now: NOW + 9 });
    await expect(taking(forged.token, {}, settings)).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
    const { done } = await taking(other, { force: true }, settings);
    expect(done).toMatchObject({ result: 'updated', warnings: [expect.stringContaining('orders')] });
  });

  it('is not managed where a key of it is given or already here', async () => {
    const seed = Seed.generate('operator');
    const token = await operatorToken(seed);
    const { settings, done } = await taking(token);
    expect(done.managed).toBe(true);
    expect((await taking(token, { seeds: [seed] }, settings)).done.managed).toBe(false);
    expect((await openOperator(resolvePaths(settings).storeRoot, 'cloud')).managed).toBe(false);
    expect((await taking(token, { name: 'twice' }, settings)).done).toMatchObject({ name: 'twice', managed: false });
    await expect(taking(token, { seeds: [Seed.generate('operator')] })).rejects.toMatchObject({
      code: 'ERR_SIGNER_UNTRUSTED',
    });
  });

  it('never makes an own operator a managed one, and refuses a name that cannot be', async () => {
    const workspace = await tempWorkspace();
    const token = (await readOperator(workspace.store)).token;
    const elsewhere = { ...workspace.paths, keystore: path.join(workspace.keystore, 'none') };
    const found = await readOperatorSource(token, {});
    const again = await importOperator(elsewhere, { found, seeds: [], force: true }, NOW);
    expect(again).toMatchObject({ name: 'acme', managed: false, result: 'unchanged' });
    const bad = { found, name: 'a/b', seeds: [], force: false };
    await expect(importOperator(elsewhere, bad, NOW)).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    const close = { found, name: 'ACME', seeds: [], force: false };
    await expect(importOperator(elsewhere, close, NOW)).rejects.toMatchObject({ code: 'ERR_OPERATOR_NAME_TAKEN' });
    expect(await listOperatorNames(workspace.paths.storeRoot)).toEqual(['acme']);
  });

  it('writes nothing on a dry run', async () => {
    const settings = tempSettings();
    const paths = resolvePaths(settings);
    const found = await readOperatorSource(await operatorToken(Seed.generate('operator')), {});
    const done = await importOperator(paths, { found, seeds: [], force: false, dryRun: true }, NOW);
    expect(done).toMatchObject({ result: 'added', dryRun: true });
    expect(await listOperatorNames(paths.storeRoot)).toEqual([]);
  });
});
