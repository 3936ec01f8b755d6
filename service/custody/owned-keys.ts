/** The keys in custody of one operator or one account, as its admin sees and changes them. */
import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { findAccount } from '../accounts/find-account.js';
import { type Actor, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { keepSigningKey } from '../operators/adopt-operator.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { type HeldKey, keyUnknown, type RemoteKey } from './custody.js';
import type { SealedExport } from './export-key.js';
import type { TransitReference } from './vault/transit-signer.js';

/** Whose keys: public key of an operator or an account. */
export interface KeyOwner {
  kind: 'operator' | 'account';
  key: string;
}

/** A seed, to be sealed here, or where in Transit the key is: one of the two. */
export interface GivenKey {
  seed?: string;
  remoteKey?: TransitReference;
}

/** Keeps a key that the owner's JWT names already: its identity key or one of its signing keys. */
export async function keepKey(service: Service, owner: KeyOwner, given: GivenKey, actor: Actor): Promise<HeldKey> {
  const seed = given.seed === undefined ? null : Seed.parse(given.seed);
  try {
    if (seed) decodePublicKey(seed.publicKey, owner.kind);
    const remote = given.remoteKey ? await service.custody.findRemote(owner.kind, given.remoteKey) : null;
    const key = seed ?? remote;
    if (!key || (seed && remote)) {
      throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', 'a key is a seed, or a key in Transit', {
        hint: 'give either seed or remoteKey',
      });
    }
    return await change(service, actor, async (tx) => {
      if (owner.kind === 'account') await keepAccountKey(service, tx, owner.key, key, actor);
      else await keepSigningKey(service, tx, (await servedOperator(tx, owner.key)).claims, key, actor);
      return heldKey(service, tx, owner, key.publicKey);
    });
  } finally {
    seed?.wipe();
  }
}

/** @throws NatsctlError ERR_KEY_FOREIGN for a key that the account's JWT does not name */
export async function keepAccountKey(
  { custody, now }: Service,
  tx: Queries,
  account: string,
  key: Seed | RemoteKey,
  actor: Actor,
): Promise<void> {
  const row = await findAccount(tx, account);
  const { claims } = readStored('account', row);
  const { publicKey } = key;
  if (publicKey !== row.key && !claims.nats.signing_keys.has(publicKey)) {
    throw new NatsctlError<ServiceErrorCode>('ERR_KEY_FOREIGN', `${publicKey} is no key of account ${row.name}`, {
      hint: 'add it to the signing keys of the account first, or give a key that is one',
      details: { account: row.key, key: publicKey },
    });
  }
  const kind = publicKey === row.key ? 'account' : 'account-signing';
  const at = now();
  if (await custody.signer(tx, row.key, publicKey)) return;
  const remote = 'reference' in key ? key.reference : undefined;
  if ('reference' in key) await custody.keepRemote(tx, row.key, { ...key, kind }, at);
  else await custody.keep(tx, kind, row.key, key, at);
  await recordAudit(tx, {
    at,
    actor,
    action: 'key.keep',
    entity: publicKey,
    operator: row.operatorKey,
    account: row.key,
    detail: { kind, ...(remote && { remote }) },
  });
}

/** Lets a key go, for good: what it signed stays as it is, and what it would sign is signed elsewhere from then on. */
export async function removeKey(service: Service, owner: KeyOwner, id: string, actor: Actor): Promise<HeldKey> {
  const publicKey = decodePublicKey(id, owner.kind).text;
  return change(service, actor, async (tx) => {
    const held = await heldKey(service, tx, owner, publicKey);
    await service.custody.forget(tx, owner.key, publicKey);
    await recordAudit(tx, await record(service, tx, owner, { actor, action: 'key.remove', held }));
    return held;
  });
}

export interface ExportedKey extends SealedExport {
  publicKey: string;
  recipient: string;
}

/** Gives a seed out, sealed to a key of whoever asked: only where whoever runs the service lets it, and never unnoticed. */
export async function exportKeyOf(
  service: Service,
  owner: KeyOwner,
  asked: { publicKey: string; recipient: string },
  actor: Actor,
): Promise<ExportedKey> {
  if (!service.policy.keyExport) {
    throw new NatsctlError<ServiceErrorCode>('ERR_KEY_EXPORT_OFF', 'this service gives no private key out', {
      hint: 'whoever runs it may start it with --allow-key-export',
    });
  }
  const publicKey = decodePublicKey(asked.publicKey, owner.kind).text;
  const recipient = decodePublicKey(asked.recipient, 'curve').text;
  return change(service, actor, async (tx) => {
    const held = await heldKey(service, tx, owner, publicKey);
    const sealed = await service.custody.exportTo(tx, owner.key, publicKey, recipient);
    const { detail, ...entry } = await record(service, tx, owner, { actor, action: 'key.export', held });
    await recordAudit(tx, { ...entry, detail: { ...detail, recipient } });
    return { publicKey, recipient, ...sealed };
  });
}

async function heldKey({ custody }: Service, tx: Queries, owner: KeyOwner, publicKey: string): Promise<HeldKey> {
  const held = (await custody.heldFor(tx, owner.key)).find((key) => key.publicKey === publicKey);
  if (!held) throw keyUnknown(publicKey);
  return held;
}

async function record(
  { now }: Service,
  tx: Queries,
  owner: KeyOwner,
  { actor, action, held }: { actor: Actor; action: 'key.remove' | 'key.export'; held: HeldKey },
) {
  const { kind, held: where, publicKey } = held;
  const operator = owner.kind === 'operator' ? owner.key : (await findAccount(tx, owner.key)).operatorKey;
  const account = owner.kind === 'account' ? owner.key : null;
  return { at: now(), actor, action, entity: publicKey, operator, account, detail: { kind, held: where } };
}
