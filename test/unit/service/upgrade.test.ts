import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@libsql/client';
import { expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { libsqlExecutor } from '../../../service/store/executor.js';
import { migrate } from '../../../service/store/migrate.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, runService } from './service.js';

/** As the first release sealed (docs/custody.md, format 1): nothing of the code under test. */
function seal1(masterKey: Buffer, kind: string, id: string, secret: string): Uint8Array {
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const key = new Uint8Array(hkdfSync('sha256', masterKey, salt, 'natsctl seal 1', 32));
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.from(`natsctl seal 1\0${kind}\0${id}\0`));
  const sealed = [cipher.update(secret), cipher.final()];
  return Uint8Array.from(Buffer.concat([Buffer.of(1), salt, nonce, ...sealed, cipher.getAuthTag()]));
}

it('a data folder of the first release opens as it was: keys sign, JWTs are served, its audit is chained', async () => {
  const operator = await makeOperator();
  const [identity, signing] = [Seed.generate('account'), Seed.generate('account')];
  const shop = await operator.account(identity.publicKey, (claims) => {
    claims.name = 'shop';
    claims.nats.signing_keys.set(signing.publicKey, null);
  });
  const folder = await testFolder();
  const [dataDir, first] = [path.join(folder, 'data'), path.join(folder, 'first')];
  await mkdir(dataDir, { mode: 0o700 });
  await mkdir(first);
  await cp('prisma/migrations/0001_init', path.join(first, '0001_init'), { recursive: true });
  const masterKey = randomBytes(32);
  await writeFile(path.join(dataDir, 'master.key'), `${masterKey.toString('base64')}\n`, { mode: 0o600 });
  const file = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
  await migrate(libsqlExecutor(file), first);
  const insert = (table: string, row: Record<string, string | number | Uint8Array>) =>
    file.execute({
      sql: `INSERT INTO "${table}" (${Object.keys(row).map((name) => `"${name}"`)}) VALUES (${Object.keys(row).map(() => '?')})`,
      args: Object.values(row),
    });
  const at = NOW - 40;
  const { sub, jti, iat } = operator.claims;
  await insert('operator', { key: sub, name: 'test', jwt: operator.token, jti, iat, updated_at: at });
  for (const token of [operator.systemToken, shop]) {
    const { claims } = decodeAs('account', token);
    const name = claims.name ?? '';
    const row = { key: claims.sub, operator_key: sub, name, name_fold: name.toLowerCase(), jwt: token };
    await insert('account', { ...row, jti: claims.jti, iat: claims.iat, created_at: at, updated_at: at });
  }
  const keep = (kind: string, owner: string, seed: Seed) =>
    insert('sealed_key', {
      ...{ public_key: seed.publicKey, kind, owner, created_at: at },
      sealed: seal1(masterKey, kind, seed.publicKey, seed.reveal()),
    });
  await keep('operator', sub, operator.signing);
  await keep('account', identity.publicKey, identity);
  await keep('account-signing', identity.publicKey, signing);
  const check = seal1(masterKey, 'check', 'master-key', 'natsctl master key');
  await insert('meta', { key: 'master-key-check', value: check });
  for (let n = 0; n < 3; n++) {
    await insert('audit_entry', {
      at,
      actor: 'service',
      action: 'account.create',
      entity: identity.publicKey,
      detail: '{}',
    });
  }
  file.close();

  for (const start of ['the first', 'the next']) {
    const service = await runService({ dataDir, operator, custody: false });
    await expect
      .poll(async () => (await service.api('GET', '/audit?action=master-key.rewrap')).json.items)
      .toHaveLength(1);
    expect((await service.get(`/jwt/v1/accounts/${identity.publicKey}`)).text, start).toBe(shop);
    expect((await service.get('/readyz?verbose')).json, start).toMatchObject({ status: 'ready' });
    // One is signed by a key of the account, the other one by the operator's.
    const users = `/accounts/${identity.publicKey}/users`;
    expect((await service.api('POST', users, { name: start })).status, start).toBe(201);
    expect((await service.api('POST', '/accounts', { name: start })).status, start).toBe(201);
    expect((await service.api('POST', '/audit/verify', {})).json).toMatchObject({ whole: true, faults: [] });
    await service.close();
  }
});
