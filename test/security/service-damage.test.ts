import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@libsql/client';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { startService } from '../../service/start.js';
import { openStore } from '../../service/store/open.js';
import { runService } from '../unit/service/service.js';

/** Writes into the database file past the service, as a failing disk does. */
async function spoil(dataDir: string, sql: string, ...args: (string | Uint8Array)[]): Promise<void> {
  const client = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
  await client.execute({ sql, args });
  client.close();
}
const flip = (column: string) =>
  `${column} = substr(${column}, 1, 120) || CASE substr(${column}, 121, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(${column}, 122)`;

describe('damage in the database', () => {
  it('of a stored JWT is reported on every path and never served; the other accounts are', async () => {
    const service = await runService();
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const { publicKey: user } = (await service.api('POST', `/accounts/${account}/users`, { name: 'till' })).json;
    await spoil(service.dataDir, `UPDATE "account" SET ${flip('jwt')} WHERE "key" = ?`, account);
    await spoil(service.dataDir, `UPDATE "user" SET ${flip('jwt')}`);
    for (const url of [`/jwt/v1/accounts/${account}`, `/api/v1/accounts/${account}`, `/api/v1/users/${user}`]) {
      const reply = await service.get(url, { authorization: `Bearer ${service.adminToken}` });
      expect(reply.status, url).toBe(500);
      expect(reply.text, url).toContain('ERR_DATABASE');
    }
    const system = service.operator.system.publicKey;
    expect((await service.get(`/jwt/v1/accounts/${system}`)).text).toBe(service.operator.systemToken);

    await spoil(service.dataDir, `UPDATE "operator" SET ${flip('jwt')}`);
    const { sub } = service.operator.claims;
    expect(await service.api('GET', `/operators/${sub}`)).toMatchObject({
      status: 500,
      json: { code: 'ERR_DATABASE' },
    });
    expect((await service.get('/jwt/v1/operator')).status).toBe(500);
  });

  it('that is no text is found at the start, by name, before anything could read it', async () => {
    const service = await runService();
    const id = Seed.generate('account').publicKey;
    await service.push(id, await service.operator.account(id));
    await service.close();
    await spoil(
      service.dataDir,
      `UPDATE "account" SET "jwt" = CAST(substr(CAST("jwt" AS BLOB), 1, 99) || ? AS TEXT) WHERE "key" = ?`,
      Uint8Array.of(0xa5, 0xa5, 0xff),
      id,
    );
    await expect(startService({ dataDir: service.dataDir, port: -1 })).rejects.toMatchObject({
      code: 'ERR_DATABASE',
      message: expect.stringMatching(/"jwt" in row \d+ of table "account"/),
      hint: expect.stringContaining('backup'),
    });
  });

  it('that cut the file is found at the start, also where nothing is left of it', async () => {
    const service = await runService();
    for (let n = 0; n < 40; n++) await service.api('POST', '/tokens', { name: `t${n}`, role: 'admin' });
    await service.close();
    const file = path.join(service.dataDir, 'natsctl.db');
    for (const size of [65_536, 8_192, 100, 0]) {
      await truncate(file, size);
      await expect(startService({ dataDir: service.dataDir, port: -1 }), String(size)).rejects.toMatchObject({
        code: 'ERR_DATABASE',
      });
    }
  });

  it('is not seen in names of any script', async () => {
    const service = await runService();
    await service.api('POST', '/accounts', { name: 'Bücher-書籍-😀' });
    await service.close();
    await (await openStore(service.dataDir)).close();
  });
});
