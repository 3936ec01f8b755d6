import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createActivation } from '../../../../cli/activation/create.js';
import { createExport, deleteExport } from '../../../../cli/export/change.js';
import { deleteImport, editImport } from '../../../../cli/import/change.js';
import { createImport, type NewImport } from '../../../../cli/import/create.js';
import { listImports } from '../../../../cli/import/describe.js';
import { offersTo } from '../../../../cli/import/offers.js';
import { keyFile } from '../../../../cli/store/keystore.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW } from '../temp.js';

async function world() {
  const three = await threeAccounts();
  const { workspace } = three;
  await createExport(workspace, { account: 'billing', subject: 'news.>', type: 'stream', name: 'news' }, {});
  await createExport(workspace, { account: 'billing', subject: 'q.*', type: 'service', private: true }, {});
  await createExport(
    workspace,
    { account: 'billing', subject: 'usage.*.report.*', type: 'service', tokenPosition: 2 },
    {},
  );
  const take = (wanted: Partial<NewImport>) =>
    createImport(
      workspace,
      { account: 'shop', source: 'billing', share: false, allowTrace: false, unmatched: false, ...wanted },
      {},
    );
  const imports = async (account = 'shop') => (await three.claims(account)).nats.imports;
  return { ...three, take, imports };
}

describe('import create', () => {
  it('takes a public stream whole or in part, under another name', async () => {
    const { take, imports, billing } = await world();
    expect(await take({ subject: 'news.>' })).toMatchObject({ account: 'shop', source: 'billing', warnings: [] });
    await take({ subject: 'news.*.eu', local: 'eu.$1', name: 'eu', source: billing, allowTrace: true });
    expect(await imports()).toEqual([
      { name: 'eu', subject: 'news.*.eu', account: billing, local_subject: 'eu.$1', type: 'stream', allow_trace: true },
      { name: 'news.>', subject: 'news.>', account: billing, type: 'stream' },
    ]);
  });

  it('mints the activation of a private export with the key that is here', async () => {
    const { take, imports, billing, shop, claims, workspace } = await world();
    const [role] = (await claims('billing')).nats.signing_keys.keys();
    await take({ subject: 'q.a', share: true, activationExpiry: NOW + 3600, activationKey: role });
    const [one] = await imports();
    expect(one).toMatchObject({ subject: 'q.a', local_subject: 'q.a', type: 'service', share: true });
    expect(decodeAs('activation', one?.token as string).claims).toMatchObject({
      sub: shop,
      iss: role,
      exp: NOW + 3600,
      name: 'q.a',
      nats: { subject: 'q.a', kind: 'service', issuer_account: billing },
    });
    expect((await listImports(workspace, 'shop')).imports).toMatchObject([
      { subject: 'q.a', sourceName: 'billing', activationExpires: NOW + 3600, verdict: { state: 'ok' } },
    ]);
    const later = { ...workspace, now: NOW + 3600 };
    expect((await listImports(later, 'shop')).imports).toMatchObject([
      { verdict: { state: 'refused', code: 'ERR_ACTIVATION_EXPIRED' } },
    ]);
  });

  it('asks for an activation where the exporter has no key here', async () => {
    const { take, workspace, billing, claims } = await world();
    for (const key of [billing, ...(await claims('billing')).nats.signing_keys.keys()]) {
      await rm(keyFile(workspace.keystore, key));
    }
    await expect(take({ subject: 'q.a' })).rejects.toMatchObject({
      code: 'ERR_ACTIVATION_MISSING',
      hint: expect.stringContaining('--token'),
    });
  });

  it('takes an activation from outside, with subject, kind and exporter in it', async () => {
    const { take, imports, workspace, billing, other } = await world();
    const made = await createActivation(workspace, { account: 'billing', subject: 'q.*', target: 'shop' });
    const activation = decodeAs('activation', made.token);
    await expect(take({ activation, account: 'other', source: undefined })).rejects.toMatchObject({
      code: 'ERR_ACTIVATION_IMPORTER',
    });
    await expect(take({ activation, source: other })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(take({ activation, subject: 'r.a', source: undefined })).rejects.toMatchObject({
      code: 'ERR_IMPORT_UNMATCHED',
    });
    await take({ activation, source: undefined });
    expect(await imports()).toMatchObject([
      { name: 'q.*', subject: 'q.*', account: billing, type: 'service', token: made.token, local_subject: 'q.*' },
    ]);
  });

  it("puts the importer's key where the export wants it, and leaves it out of the local subject", async () => {
    const { take, imports, shop, other } = await world();
    await take({ subject: 'usage.*.report.*' });
    expect(await imports()).toMatchObject([{ subject: `usage.${shop}.report.*`, local_subject: 'usage.report.*' }]);
    await expect(take({ subject: `usage.${other}.report.x` })).rejects.toMatchObject({ code: 'ERR_IMPORT_UNMATCHED' });
  });

  it('refuses itself, what is there already, what nobody exports; unmatched and unknown exporters only warn', async () => {
    const { take, imports } = await world();
    await take({ subject: 'news.>' });
    const stranger = Seed.generate('account').publicKey;
    await expect(take({ subject: 'news.>', source: 'shop' })).rejects.toMatchObject({ code: 'ERR_IMPORT_SELF' });
    await expect(take({ subject: 'news.>' })).rejects.toMatchObject({ code: 'ERR_IMPORT_TAKEN' });
    await expect(take({ subject: 'nope' })).rejects.toMatchObject({ code: 'ERR_IMPORT_UNMATCHED' });
    await expect(take({ subject: 'news.x', type: 'service' })).rejects.toMatchObject({
      code: 'ERR_IMPORT_UNMATCHED',
      message: expect.stringContaining('as a service'),
    });
    await expect(take({ subject: 'x', source: 'nobody' })).rejects.toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN' });
    await expect(take({ subject: 'news.x', local: 'a.*' })).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    await expect(take({ subject: 'x', source: undefined })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(await take({ subject: 'nope', unmatched: true })).toMatchObject({ warnings: [] });
    expect((await take({ subject: 'x', source: stranger })).warnings).toEqual([expect.stringContaining(stranger)]);
    expect((await imports()).map((one) => one.subject)).toEqual(['news.>', 'nope', 'x']);
  });

  it('refuses what leads back to where it starts, over any number of accounts', async () => {
    const { take, workspace } = await world();
    for (const account of ['shop', 'other']) {
      await createExport(workspace, { account, subject: 'news.>', type: 'stream' }, {});
    }
    await take({ subject: 'news.>' });
    await take({ account: 'other', source: 'shop', subject: 'news.eu.>' });
    await expect(take({ account: 'billing', source: 'other', subject: 'news.>' })).rejects.toMatchObject({
      code: 'ERR_IMPORT_CYCLE',
      message: expect.stringContaining('billing <- other <- shop <- billing'),
    });
    await take({ account: 'billing', source: 'other', subject: 'news.us.>', local: 'us.>' });
  });
});

describe('import edit and delete', () => {
  it('changes what is named, renews an activation, and finds it by its local name', async () => {
    const { take, imports, workspace } = await world();
    await take({ subject: 'q.a', local: 'ask' });
    const before = (await imports())[0]?.token;
    const edit = (fields: Parameters<typeof editImport>[1]['fields'], subject = 'ask') =>
      editImport(
        { ...workspace, now: NOW + 5 },
        { account: 'shop', import: { subject }, fields, unmatched: false },
        {},
      );
    await edit({ name: 'ask billing', share: true });
    expect((await imports())[0]).toMatchObject({
      name: 'ask billing',
      share: true,
      token: before,
      local_subject: 'ask',
    });
    await edit({ renew: { expiry: NOW + 60 } });
    expect(decodeAs('activation', (await imports())[0]?.token as string).claims.exp).toBe(NOW + 60);
    await edit({ local: '', share: false });
    expect((await imports())[0]).not.toHaveProperty('local_subject');
    await expect(edit({ subject: 'q.b' }, 'q.a')).rejects.toMatchObject({ code: 'ERR_ACTIVATION_SUBJECT' });
    await edit({ subject: 'q.b', renew: {} }, 'q.a');
    await expect(edit({ name: 'x' }, 'q.a')).rejects.toMatchObject({ code: 'ERR_IMPORT_UNKNOWN' });
    expect((await deleteImport(workspace, { account: 'shop', import: { subject: 'q.b' } }, {})).import.subject).toBe(
      'q.b',
    );
    expect(await imports()).toEqual([]);
  });

  it('wants to know which, where two accounts export the same', async () => {
    const { take, workspace, imports } = await world();
    await createExport(workspace, { account: 'other', subject: 'news.>', type: 'stream' }, {});
    await take({ subject: 'news.>' });
    await take({ subject: 'news.>', source: 'other' });
    const remove = (source?: string) =>
      deleteImport(workspace, { account: 'shop', import: { subject: 'news.>', source } }, {});
    await expect(remove()).rejects.toMatchObject({ code: 'ERR_IMPORT_AMBIGUOUS' });
    await remove('billing');
    expect(await imports()).toHaveLength(1);
  });
});

describe('import list', () => {
  it('says what servers would refuse', async () => {
    const { take, workspace } = await world();
    await take({ subject: 'news.>' });
    await deleteExport(workspace, { account: 'billing', export: { subject: 'news.>' } }, {});
    expect((await listImports(workspace, 'shop')).imports).toMatchObject([
      { subject: 'news.>', verdict: { state: 'refused', code: 'ERR_IMPORT_UNMATCHED' } },
    ]);
  });

  it('offers what other accounts export and this one does not import yet', async () => {
    const { take, workspace } = await world();
    await take({ subject: 'news.>' });
    const labels = (await offersTo(workspace, 'shop')).map((one) => one.label);
    expect(labels).toContain('billing: q.* (private service)');
    expect(labels).toContain('SYS: $SYS.ACCOUNT.*.> (stream)');
    expect(labels).not.toContain('billing: news.> (stream)');
  });
});
