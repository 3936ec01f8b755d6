import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { armored, createActivation, type NewActivation } from '../../../../cli/activation/create.js';
import { describeActivation } from '../../../../cli/activation/describe.js';
import { parseAt } from '../../../../cli/activation/flags.js';
import {
  listActivationRevocations,
  restoreActivation,
  revokeActivation,
} from '../../../../cli/activation/revocations.js';
import { readActivation } from '../../../../cli/activation/source.js';
import { createExport } from '../../../../cli/export/change.js';
import { createImport } from '../../../../cli/import/create.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW, tempDir } from '../temp.js';

async function world(options: Parameters<typeof threeAccounts>[0] = {}) {
  const three = await threeAccounts(options);
  const { workspace } = three;
  await createExport(workspace, { account: 'billing', subject: 'q.*', type: 'service', private: true }, {});
  await createExport(workspace, { account: 'billing', subject: 'open', type: 'stream' }, {});
  const make = (wanted: Partial<NewActivation> = {}, now = NOW) =>
    createActivation({ ...workspace, now }, { account: 'billing', subject: 'q.*', target: 'shop', ...wanted });
  return { ...three, make };
}

describe('activation create', () => {
  it('is for one account, by name or key, and a part of the export', async () => {
    const { make, claims, shop } = await world();
    const stranger = Seed.generate('account').publicKey;
    const made = await make({ subject: 'q.eu', expiry: NOW + 60, start: NOW + 1 });
    const signingKey = [...(await claims('billing')).nats.signing_keys.keys()][0];
    expect(made).toMatchObject({
      account: 'billing',
      importer: shop,
      subject: 'q.eu',
      type: 'service',
      issuer: signingKey,
    });
    expect(decodeAs('activation', made.token).claims).toMatchObject({ exp: NOW + 60, nbf: NOW + 1, sub: shop });
    expect((await make({ target: stranger })).importer).toBe(stranger);
  });

  it('refuses public exports, what is not exported, other keys, unknown accounts', async () => {
    const { make } = await world();
    const user = Seed.generate('user').publicKey;
    await expect(make({ subject: 'open' })).rejects.toMatchObject({ code: 'ERR_EXPORT_PUBLIC' });
    await expect(make({ subject: 'q.>' })).rejects.toMatchObject({ code: 'ERR_EXPORT_UNKNOWN' });
    await expect(make({ target: user })).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    await expect(make({ target: 'nobody' })).rejects.toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN' });
  });

  it('is signed by a signing key where the operator requires it', async () => {
    const { make, billing, claims } = await world({ requireSigningKeys: true });
    const [key] = (await claims('billing')).nats.signing_keys.keys();
    expect((await make()).issuer).toBe(key);
    await expect(make({ key: billing })).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
  });
});

describe('an activation', () => {
  it('is read from a file, armored or bare, from the web, or as itself', async () => {
    const { make } = await world();
    const { token } = await make();
    const file = path.join(tempDir(), 'a.jwt');
    for (const text of [token, `${token}\n`, armored(token), armored(token).replaceAll('\n', '\r\n')]) {
      writeFileSync(file, text);
      expect((await readActivation(file)).token).toBe(token);
    }
    expect((await readActivation(token)).token).toBe(token);
    const server = createServer((request, response) => {
      if (request.url === '/away.jwt') {
        const port = (server.address() as AddressInfo).port;
        response.writeHead(302, { location: `http://localhost:${port}/a.jwt` });
      } else if (request.url !== '/a.jwt') response.statusCode = 404;
      response.end(armored(token));
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await readActivation(`${url}/a.jwt`)).token).toBe(token);
    // Another host may be one that only this machine can reach.
    await expect(readActivation(`${url}/away.jwt`)).rejects.toMatchObject({ code: 'ERR_RESOLVER_REDIRECT' });
    await expect(readActivation(`${url}/b.jwt`)).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    await expect(readActivation('/no/such/file')).rejects.toMatchObject({ code: 'ERR_SOURCE' });
  });

  it('is described with what servers would say of it', async () => {
    const { make, workspace, shop } = await world();
    const { token } = await make({ expiry: NOW + 60 });
    const shown = await describeActivation(workspace, token);
    expect(shown).toMatchObject({
      exporterName: 'billing',
      importerName: 'shop',
      importer: shop,
      verdict: { state: 'ok' },
    });
    const late = await describeActivation({ ...workspace, now: NOW + 60 }, token);
    expect(late.verdict).toMatchObject({ state: 'refused', code: 'ERR_ACTIVATION_EXPIRED' });
  });
});

describe('activation revoke and restore', () => {
  const chosen = { account: 'billing', export: { subject: 'q.*' } };

  it('makes what was issued void, and what is issued afterwards counts', async () => {
    const { make, workspace, shop } = await world();
    const { token } = await make({}, NOW + 10);
    await createImport(
      { ...workspace, now: NOW + 10 },
      { account: 'shop', activation: decodeAs('activation', token), share: false, allowTrace: false, unmatched: false },
      {},
    );
    // The token in the import of this store is newer than this clock: it must be covered.
    expect(await revokeActivation(workspace, { ...chosen, target: 'shop' }, {})).toMatchObject({
      target: shop,
      subject: 'q.*',
      revokedAt: NOW + 10,
    });
    const verdict = async (one: string) => (await describeActivation(workspace, one)).verdict;
    expect(await verdict(token)).toMatchObject({ code: 'ERR_ACTIVATION_REVOKED' });
    expect(await verdict((await make()).token)).toEqual({ state: 'ok' });
    expect((await listActivationRevocations(workspace, { account: 'billing' })).revocations).toEqual([
      { subject: 'q.*', type: 'service', target: shop, name: 'shop', revokedAt: NOW + 10 },
    ]);
    expect((await revokeActivation(workspace, { ...chosen, target: shop }, {})).differences).toEqual([]);
    await restoreActivation(workspace, { ...chosen, target: shop }, {});
    expect(await verdict(token)).toEqual({ state: 'ok' });
    await expect(restoreActivation(workspace, { ...chosen, target: shop }, {})).rejects.toMatchObject({
      code: 'ERR_REVOCATION_UNKNOWN',
    });
  });

  it('of every account, at a time', async () => {
    const { make, workspace } = await world();
    const { token } = await make();
    const revoked = await revokeActivation(workspace, { ...chosen, target: '*', at: NOW - 1 }, {});
    expect(revoked).toMatchObject({ target: '*', revokedAt: NOW - 1 });
    expect((await describeActivation(workspace, token)).verdict.state).toBe('ok');
    await revokeActivation(workspace, { ...chosen, target: '*' }, {});
    expect((await describeActivation(workspace, token)).verdict.code).toBe('ERR_ACTIVATION_REVOKED');
  });
});

it('--at is unix seconds, a date, or now', () => {
  expect(parseAt(undefined, NOW)).toBeUndefined();
  expect(parseAt('0', NOW)).toBeUndefined();
  expect(parseAt('1700000000', NOW)).toBe(1_700_000_000);
  expect(parseAt('2026-01-01T00:00:00Z', NOW)).toBe(Date.UTC(2026, 0, 1) / 1000);
  expect(() => parseAt('soon', NOW)).toThrow(/not a time/);
});
