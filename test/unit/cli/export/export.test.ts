import { describe, expect, it } from 'vitest';
import { createExport, deleteExport, editExport } from '../../../../cli/export/change.js';
import { describeExport, listExports } from '../../../../cli/export/describe.js';
import { createImport } from '../../../../cli/import/create.js';
import { threeAccounts } from '../sharing/shop.js';

const plain = { share: false, allowTrace: false, unmatched: false };

describe('export create', () => {
  it('writes every field as it stands in the claim', async () => {
    const { workspace, claims } = await threeAccounts();
    const before = await claims('billing');
    const made = await createExport(
      workspace,
      {
        account: 'billing',
        subject: '$JS.API.invoices.*',
        type: 'service',
        name: 'invoices',
        private: true,
        latency: 'latency.invoices',
        sampling: 'header',
        responseType: 'Chunked',
        responseThreshold: 5e9,
        allowTrace: true,
        advertise: true,
        description: 'all of them',
        infoUrl: 'https://example.com/invoices',
      },
      {},
    );
    const after = await claims('billing');
    expect(after.nats.exports).toEqual([
      {
        name: 'invoices',
        subject: '$JS.API.invoices.*',
        type: 'service',
        token_req: true,
        revocations: new Map(),
        response_type: 'Chunked',
        response_threshold: 5e9,
        service_latency: { sampling: 'headers', results: 'latency.invoices' },
        advertise: true,
        allow_trace: true,
        description: 'all of them',
        info_url: 'https://example.com/invoices',
      },
    ]);
    expect(made).toMatchObject({ account: 'billing', export: { name: 'invoices' }, dryRun: false, warnings: [] });
    expect(made.differences).toMatchObject([{ path: '/nats/exports' }]);
    expect(after.iat).toBeGreaterThan(before.iat);
  });

  it('writes nothing on a dry run', async () => {
    const { workspace, claims } = await threeAccounts();
    const wanted = { account: 'billing', subject: 'a', type: 'stream' as const };
    expect((await createExport(workspace, wanted, { dryRun: true })).differences).not.toEqual([]);
    expect((await claims('billing')).nats.exports).toEqual([]);
  });

  it.each([
    [{ type: 'stream' as const, responseType: 'Stream' as const }, 'ERR_CLAIMS_INVALID'],
    [{ type: 'stream' as const, allowTrace: true }, 'ERR_CLAIMS_INVALID'],
    [{ type: 'service' as const, latency: 'lat.*', sampling: '10' }, 'ERR_CLAIMS_INVALID'],
    [{ type: 'service' as const, latency: 'lat', sampling: '101' }, 'ERR_USAGE'],
    [{ type: 'service' as const, latency: 'lat' }, 'ERR_USAGE'],
    [{ type: 'service' as const, sampling: '10' }, 'ERR_USAGE'],
    [{ type: 'stream' as const, tokenPosition: 1 }, 'ERR_CLAIMS_INVALID'],
    [{ type: 'stream' as const, tokenPosition: 2, private: true }, 'ERR_USAGE'],
    [{ type: 'stream' as const, subject: 'a..b' }, 'ERR_CLAIMS_INVALID'],
    [{ type: 'stream' as const, infoUrl: 'nowhere' }, 'ERR_CLAIMS_INVALID'],
  ])('refuses %j with %s', async (fields, code) => {
    const { workspace } = await threeAccounts();
    const wanted = { account: 'billing', subject: 'a.*', ...fields };
    await expect(createExport(workspace, wanted, {})).rejects.toMatchObject({ code });
  });

  it('refuses what is exported already, also as a part of it; the other kind is fine', async () => {
    const { workspace } = await threeAccounts();
    const make = (subject: string, type: 'stream' | 'service') =>
      createExport(workspace, { account: 'billing', subject, type }, {});
    await make('a.*', 'stream');
    await expect(make('a.*', 'stream')).rejects.toMatchObject({ code: 'ERR_EXPORT_TAKEN' });
    await expect(make('a.b', 'stream')).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    expect(await make('a.*', 'service')).toMatchObject({ export: { response_type: 'Singleton' } });
  });
});

describe('export edit', () => {
  it('changes what is named and leaves the rest; empty values go', async () => {
    const { workspace, claims } = await threeAccounts();
    const fields = { name: 'n', latency: 'lat', sampling: '10', description: 'd', advertise: true };
    await createExport(workspace, { account: 'billing', subject: 'a', type: 'service', ...fields }, {});
    const edit = (more: Parameters<typeof editExport>[1]['fields']) =>
      editExport(workspace, { account: 'billing', export: { subject: 'a' }, fields: more }, {});
    await edit({ sampling: '50', description: '', advertise: false, responseThreshold: 1e9 });
    expect((await claims('billing')).nats.exports[0]).toEqual({
      name: 'n',
      subject: 'a',
      type: 'service',
      revocations: new Map(),
      response_type: 'Singleton',
      response_threshold: 1e9,
      service_latency: { sampling: 50, results: 'lat' },
    });
    expect((await edit({ name: 'n' })).differences).toEqual([]);
    await edit({ latency: '', type: 'stream', subject: 'b' });
    expect((await claims('billing')).nats.exports[0]).toEqual({
      name: 'n',
      subject: 'b',
      type: 'stream',
      revocations: new Map(),
    });
  });

  it('names the imports that break by it', async () => {
    const { workspace } = await threeAccounts();
    await createExport(workspace, { account: 'billing', subject: 'a.*', type: 'stream' }, {});
    await createImport(workspace, { ...plain, account: 'shop', source: 'billing', subject: 'a.b' }, {});
    const edit = (fields: Parameters<typeof editExport>[1]['fields'], subject = 'a.*') =>
      editExport(workspace, { account: 'billing', export: { subject }, fields }, { dryRun: true });
    expect((await edit({ description: 'x' })).warnings).toEqual([]);
    expect((await edit({ private: true })).warnings).toEqual([expect.stringContaining('account shop')]);
    expect((await edit({ subject: 'c.*' })).warnings).toEqual([expect.stringContaining('account shop')]);
    expect((await edit({ subject: 'a.>' })).warnings).toEqual([]);
    expect((await edit({ type: 'service' })).warnings).toEqual([expect.stringContaining('account shop')]);
  });

  it('wants the kind where a stream and a service share the subject', async () => {
    const { workspace } = await threeAccounts();
    for (const type of ['stream', 'service'] as const) {
      await createExport(workspace, { account: 'billing', subject: 'a', type }, {});
    }
    const describeOf = (type?: 'stream' | 'service') =>
      describeExport(workspace, { account: 'billing', export: { subject: 'a', type } });
    await expect(describeOf()).rejects.toMatchObject({ code: 'ERR_EXPORT_AMBIGUOUS' });
    expect((await describeOf('service')).export.type).toBe('service');
  });
});

describe('export list and delete', () => {
  it('show who imports it', async () => {
    const { workspace, claims } = await threeAccounts();
    await createExport(workspace, { account: 'billing', subject: 'a.*', type: 'stream' }, {});
    await createExport(workspace, { account: 'billing', subject: 'q', type: 'service', private: true }, {});
    await createImport(workspace, { ...plain, account: 'shop', source: 'billing', subject: 'a.b' }, {});
    expect((await listExports(workspace, 'billing')).exports).toMatchObject([
      { subject: 'a.*', private: false, importers: ['shop'] },
      { subject: 'q', private: true, importers: [] },
    ]);
    const gone = await deleteExport(workspace, { account: 'billing', export: { subject: 'a.*' } }, {});
    expect(gone.warnings).toEqual([expect.stringContaining('shop')]);
    expect((await claims('billing')).nats.exports.map((one) => one.subject)).toEqual(['q']);
    await expect(
      deleteExport(workspace, { account: 'billing', export: { subject: 'nope' } }, {}),
    ).rejects.toMatchObject({ code: 'ERR_EXPORT_UNKNOWN', hint: expect.stringContaining('q') });
  });
});
