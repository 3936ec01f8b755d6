import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Store } from '../store/open.js';
import type { Custody } from './custody.js';

/** An Ed25519 key of the service itself, sealed in the database; made where it is not there yet. */
export async function ownKey(store: Store, custody: Custody, kind: string, id: string): Promise<KeyObject> {
  const sealedFor = { kind, id };
  const row = await store.db.meta.findUnique({ where: { key: id } });
  if (row) {
    const der = await custody.unseal(sealedFor, row.value);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    return key;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  await store.db.meta.create({ data: { key: id, value: await custody.seal(sealedFor, der) } });
  der.fill(0);
  return privateKey;
}
