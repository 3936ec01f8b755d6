import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Store } from '../store/open.js';
import type { Custody } from './custody.js';

/** An Ed25519 key of the service itself, sealed in the database; made where it is not there yet. */
export async function ownKey(store: Store, custody: Custody, kind: string, id: string): Promise<KeyObject> {
  const der = await ownSecret(store, custody, { kind, id }, () =>
    generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }),
  );
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
}

/** Secret bytes of the service itself, sealed in the database; made where they are not there yet. The caller wipes them. */
export async function ownSecret(
  store: Store,
  custody: Custody,
  sealedFor: { kind: string; id: string },
  make: () => Buffer,
): Promise<Buffer> {
  const row = await store.db.meta.findUnique({ where: { key: sealedFor.id } });
  if (row) return custody.unseal(sealedFor, row.value);
  const secret = make();
  await store.db.meta.create({ data: { key: sealedFor.id, value: await custody.seal(sealedFor, secret) } });
  return secret;
}
