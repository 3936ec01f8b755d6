import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { verifySignature } from '../../../claims/keys/verify.js';
import { openCustody } from '../../../service/custody/custody.js';
import { keyring } from '../../../service/custody/keyring.js';
import { localMasterKey } from '../../../service/custody/local-key.js';
import type { MasterKey } from '../../../service/custody/master-key.js';
import type { RewrapProgress } from '../../../service/custody/rewrap.js';
import { keyIdOf, unseal } from '../../../service/custody/seal.js';
import { SEALED_COLUMNS } from '../../../service/custody/sealed-columns.js';
import { noVault } from '../../../service/custody/vault/settings.js';
import { openStore, type Store } from '../../../service/store/open.js';
import { startTestService } from './database.js';
import { testFolder } from './folder.js';
import { runService, SILENT } from './service.js';

async function aStore(dir?: string): Promise<Store> {
  const store = await openStore(dir ?? (await testFolder()));
  onTestFinished(() => store.close());
  return store;
}

const bytes = [randomBytes(32), randomBytes(32)] as const;
const [older, newer] = [() => localMasterKey(Buffer.from(bytes[0])), () => localMasterKey(Buffer.from(bytes[1]))];
const both = () => keyring([newer(), older()]);

async function keep(store: Store, masterKey: MasterKey, count: number): Promise<Seed[]> {
  const custody = await openCustody(store, masterKey, noVault);
  const seeds = Array.from({ length: count }, () => Seed.generate('account'));
  await store.transaction(async (tx) => {
    for (const seed of seeds) await custody.keep(tx, 'account', seed.publicKey, seed, 1);
  });
  return seeds;
}

async function signs(store: Store, masterKey: MasterKey, { publicKey }: Seed): Promise<boolean> {
  const custody = await openCustody(store, masterKey, noVault);
  const data = randomBytes(20);
  const signature = await (await custody.signer(store.db, publicKey, publicKey))?.sign(data);
  return signature !== undefined && verifySignature(publicKey, data, signature);
}

describe('rewrap', () => {
  it('puts every row under the newest key without touching what is sealed, says how far it is, and needs the old one no more', async () => {
    const store = await aStore();
    const seeds = await keep(store, older(), 250);
    const sealer = await openCustody(store, older(), noVault);
    const creds = await sealer.seal({ kind: 'link-creds', id: 'l1' }, Buffer.from('creds'));
    await store.db.link.create({ data: { id: 'l1', servers: '[]', sealedCreds: creds, attachedAt: 1n } });
    await store.db.link.create({ data: { id: 'l2', servers: '[]', attachedAt: 1n } });
    const token = await sealer.seal({ kind: 'access-token', id: 'access-token-key' }, Buffer.from('token key'));
    await store.db.meta.create({ data: { key: 'access-token-key', value: token } });
    await store.db.meta.create({ data: { key: 'no secret', value: Buffer.from('a fact') } });
    const before = await store.db.sealedKey.findFirstOrThrow();

    await expect(openCustody(store, newer(), noVault)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_WRONG' });
    const custody = await openCustody(store, both(), noVault);
    expect(custody.rewrapProgress()).toBeNull();
    const steps: RewrapProgress[] = [];
    const done = await custody.rewrap({ onProgress: (step) => steps.push({ ...step }) });
    const keyId = await custody.masterKeyId();
    expect(done).toEqual({
      keyId,
      total: 253,
      seen: 253,
      rewrapped: 252,
      unopened: 0,
      unopenedIds: [],
      complete: true,
    });
    expect(custody.rewrapProgress()).toEqual(done);
    expect(steps.slice(0, 3).map(({ seen, complete }) => [seen, complete])).toEqual([
      [96, false],
      [192, false],
      [250, false],
    ]);

    const after = await store.db.sealedKey.findUniqueOrThrow({ where: { publicKey: before.publicKey } });
    const payload = 12 + 58 + 16;
    expect(after.sealed.slice(-payload)).toEqual(before.sealed.slice(-payload));
    expect(keyIdOf(after.sealed)).toBe(keyId);
    for (const seed of [seeds[0], seeds[249]]) expect(await signs(store, newer(), seed as Seed)).toBe(true);
    const link = await store.db.link.findUniqueOrThrow({ where: { id: 'l1' } });
    const opened = await unseal(newer(), { kind: 'link-creds', id: 'l1' }, link.sealedCreds as Uint8Array);
    expect(String(opened)).toBe('creds');
    const fact = await store.db.meta.findUniqueOrThrow({ where: { key: 'no secret' } });
    expect(Buffer.from(fact.value).toString()).toBe('a fact');
    await expect(openCustody(store, older(), noVault)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_WRONG' });

    expect(await custody.rewrap()).toMatchObject({ rewrapped: 0, complete: true });
  });

  it('that was cut short leaves everything open under both, and is completed by the next', async () => {
    const store = await aStore();
    const seeds = await keep(store, older(), 200);
    const custody = await openCustody(store, both(), noVault);
    const stop = new AbortController();
    const cut = custody.rewrap({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(cut).rejects.toMatchObject({ name: 'AbortError' });
    expect(custody.rewrapProgress()).toMatchObject({ rewrapped: 96, complete: false });
    for (const seed of seeds) expect(await signs(store, both(), seed)).toBe(true);
    // The new one alone does not do yet, and says so at the start.
    await expect(openCustody(store, newer(), noVault)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_WRONG' });
    expect(await custody.rewrap()).toMatchObject({ rewrapped: 104, complete: true });
    expect(await signs(store, newer(), seeds[199] as Seed)).toBe(true);
  });

  it('is not complete where a row does not open: it is named and left as it is, and the old key stays needed', async () => {
    const store = await aStore();
    const [spoilt, sound] = (await keep(store, older(), 2)) as [Seed, Seed];
    const where = { publicKey: spoilt.publicKey };
    const { sealed } = await store.db.sealedKey.findUniqueOrThrow({ where });
    sealed[40] = (sealed[40] ?? 0) ^ 1;
    await store.db.sealedKey.update({ where, data: { sealed } });
    const custody = await openCustody(store, both(), noVault);
    const done = await custody.rewrap();
    expect(done).toMatchObject({ rewrapped: 1, unopened: 1, unopenedIds: [spoilt.publicKey], complete: false });
    expect((await store.db.sealedKey.findUniqueOrThrow({ where })).sealed).toEqual(sealed);
    expect(await signs(store, both(), sound)).toBe(true);
    await expect(openCustody(store, newer(), noVault)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_WRONG' });
  });

  it('leaves a row alone that was changed while it was at work', async () => {
    const store = await aStore();
    const [seed] = (await keep(store, older(), 1)) as [Seed];
    const where = { publicKey: seed.publicKey };
    const fresh = Buffer.from('written meanwhile');
    let changed = false;
    const inner = both();
    const custody = await openCustody(
      store,
      {
        ...inner,
        async unwrap(wrapped) {
          changed = true;
          await store.db.sealedKey.update({ where, data: { sealed: fresh } });
          return inner.unwrap(wrapped);
        },
      },
      noVault,
    );
    await custody.rewrap();
    expect(changed).toBe(true);
    expect(Buffer.from((await store.db.sealedKey.findUniqueOrThrow({ where })).sealed)).toEqual(fresh);
  });

  it('goes on while keys are kept and used', async () => {
    const store = await aStore();
    const seeds = await keep(store, older(), 200);
    const custody = await openCustody(store, both(), noVault);
    const running = custody.rewrap();
    const fresh: Seed[] = [];
    for (const seed of seeds.slice(0, 40)) {
      const made = Seed.generate('account');
      await store.transaction((tx) => custody.keep(tx, 'account', made.publicKey, made, 2));
      fresh.push(made);
      expect(
        await (await custody.signer(store.db, seed.publicKey, seed.publicKey))?.sign(Buffer.from('x')),
      ).toHaveLength(64);
    }
    expect(await running).toMatchObject({ complete: true, unopened: 0 });
    for (const seed of [...seeds, ...fresh]) expect(await signs(store, newer(), seed)).toBe(true);
  });

  it('is done by a service that is started with a new key beside the old one, and is in its audit', async () => {
    const [old, fresh] = bytes.map((key) => key.toString('base64')) as [string, string];
    const first = await runService({ masterKey: old });
    const { dataDir, operator } = first;
    expect(await first.api('POST', '/accounts', { name: 'shop' })).toMatchObject({ status: 201 });
    await first.close();
    await expect(startTestService({ dataDir, logger: SILENT, masterKey: fresh })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_WRONG',
    });
    const lines = new EventEmitter();
    const logger = pino(
      { level: 'info' },
      { write: (line) => lines.emit(/put under the newest/.test(line) ? 'done' : 'other', line) },
    );
    const done = once(lines, 'done');
    const both = await runService({ dataDir, operator, masterKey: `${fresh},${old}`, logger });
    expect(JSON.parse((await done)[0])).toMatchObject({ level: 30, keyId: expect.stringMatching(/^local:/) });
    await both.close();
    const last = await runService({ dataDir, operator, masterKey: fresh });
    expect(await last.api('POST', '/accounts', { name: 'till' })).toMatchObject({ status: 201 });
    expect((await last.api('GET', '/audit')).text).toContain('"master-key.rewrap"');
    await last.close();
    await expect(startTestService({ dataDir, logger: SILENT, masterKey: old })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_WRONG',
    });
  });

  it('knows every column of bytes in the schema', async () => {
    const schema = await readFile(new URL('../../../prisma/schema.prisma', import.meta.url), 'utf8');
    const columns = [...schema.matchAll(/^model (\w+) \{$([^}]*)^\}/gm)].flatMap(([, model, body = '']) =>
      [...body.matchAll(/^\s+(\w+)\s+Bytes\b/gm)].map(([, column]) => `${model}.${column}`),
    );
    expect(columns).toContain('SealedKey.sealed');
    expect(Object.keys(SEALED_COLUMNS).sort()).toEqual(columns.sort());
  });
});
