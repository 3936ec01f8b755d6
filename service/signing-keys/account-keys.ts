/** Signing keys and roles of an account. */
import { unknownFields } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims, OperatorClaims, UserScope } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { freshSigner } from '../custody/fresh-signer.js';
import { keepAccountKey } from '../custody/owned-keys.js';
import { requireHeld, type Send, withRest } from '../custody/sign-elsewhere.js';
import { requireMatch } from '../http/entity-tag.js';
import { heldOperatorSigner, operatorSigner, servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { refuseKeyInUse, reissueUsers, type UserOfKey as SignedUser, usersOfKey } from './key-users.js';
import { type Presigned, presign } from './presign.js';
import { newScope, patchScope, type Role, roleless } from './scope.js';
import { type NewKey, newKey, signingKeyExists, signingKeyUnknown, type WantedKey, wipe } from './signing-key.js';

export interface KeyChange {
  account: string;
  publicKey: string;
  ifMatch: string | undefined;
}

/** A user that a change of keys is about. */
export interface UserOfKey {
  publicKey: string;
  name: string;
}

/** Adds a signing key, with a role where one is wanted. */
export async function addSigningKey(
  service: Service,
  accountId: string,
  wanted: WantedKey & Role,
  actor: Actor,
): Promise<{ row: Account; publicKey: string }> {
  const key = await newKey(service.custody, 'account', wanted);
  const { publicKey } = key;
  try {
    return await change(service, actor, async (tx) => {
      const stored = await findAccount(tx, accountId);
      const { claims } = readStored('account', stored);
      refuseKnown(claims, publicKey);
      const scope = newScope(claims, publicKey, wanted);
      const keys = new Map([...claims.nats.signing_keys, [publicKey, scope]]);
      const detail = { signingKeyAdded: publicKey, ...(scope && { role: scope.role }) };
      const save = () => saveKeys(service, tx, stored, { keys, added: key, detail }, actor);
      const { row } = await withRest(keeping(stored.key, wanted), save);
      return { row, publicKey };
    });
  } finally {
    wipe(key);
  }
}

/** Changes what a role lets its users do: at once for those who are connected, whose JWTs say nothing of it. */
export async function editSigningKey(
  service: Service,
  edit: KeyChange & { patch: Role },
  actor: Actor,
): Promise<{ row: Account; publicKey: string }> {
  return change(service, actor, async (tx) => {
    const { stored, claims, publicKey, scope } = await findKey(tx, edit);
    if (scope === null) throw roleless('this key has no role', 'add a key with one, and issue users with that');
    const keys = new Map(claims.nats.signing_keys).set(publicKey, patchScope(claims, scope, edit.patch));
    const { row } = await saveKeys(service, tx, stored, { keys, detail: { signingKeyChanged: publicKey } }, actor);
    return { row, publicKey };
  });
}

/** Takes a signing key away, and lets it go where it is in custody: users that it signed are shut out. */
export async function removeSigningKey(
  service: Service,
  removal: KeyChange & { forced: boolean },
  actor: Actor,
): Promise<{ row: Account; publicKey: string; lost: UserOfKey[] }> {
  return change(service, actor, async (tx) => {
    const { stored, claims, publicKey } = await findKey(tx, removal);
    const users = await usersOfKey(tx, claims, publicKey, service.now());
    if (!removal.forced) refuseKeyInUse(publicKey, users);
    const keys = new Map(claims.nats.signing_keys);
    keys.delete(publicKey);
    const detail = { signingKeyRemoved: publicKey, users: users.length };
    const rest = await letGo(service, tx, stored.key, publicKey);
    const { row } = await withRest(rest, () => saveKeys(service, tx, stored, { keys, detail }, actor));
    await service.custody.forget(tx, stored.key, publicKey);
    return { row, publicKey, lost: users.map(shown) };
  });
}

export interface Rotated {
  row: Account;
  publicKey: string;
  replaced: string;
  /** Issued anew: they connect with the JWT that stands here now. */
  reissued: UserOfKey[];
  lost: UserOfKey[];
}

/** A new key takes the place of one, with its role. Its users are issued anew where the new key signs here. */
export async function rotateSigningKey(
  service: Service,
  rotation: KeyChange & { wanted: WantedKey; forced: boolean },
  actor: Actor,
): Promise<Rotated> {
  const key = await newKey(service.custody, 'account', rotation.wanted);
  try {
    const ahead = await planRotation(service, service.store.db, rotation, key);
    const presigned = await presignUsers(service, ahead, key, actor);
    return await change(service, actor, async (tx) => {
      const plan = await planRotation(service, tx, rotation, key);
      const { stored, old, users, keys } = plan;
      const detail = { signingKeyAdded: key.publicKey, signingKeyRemoved: old, users: users.length };
      const rest = [...keeping(stored.key, rotation.wanted), ...(await letGo(service, tx, stored.key, old))];
      const save = () => saveKeys(service, tx, stored, { keys, added: key, detail }, actor);
      const { row, account } = await withRest(rest, save);
      await service.custody.forget(tx, stored.key, old);
      const signer = await service.custody.signer(tx, stored.key, key.publicKey);
      const still = stored.jwt === ahead.stored.jwt ? presigned : null;
      if (signer) await reissueUsers(service, tx, { issuing: { row, account }, signer, users, actor }, still);
      const of = users.map(shown);
      return { row, publicKey: key.publicKey, replaced: old, reissued: signer ? of : [], lost: signer ? [] : of };
    });
  } finally {
    wipe(key);
  }
}

/** What is left to do where the account is signed elsewhere, once its JWT was pushed: to keep a key that is in Transit. */
function keeping(account: string, { remoteKey }: WantedKey): Send[] {
  if (!remoteKey) return [];
  const headers = { 'content-type': 'application/json' };
  return [{ method: 'POST', url: `/api/v1/accounts/${account}/keys`, headers, body: { remoteKey } }];
}

/** The same of a key that goes. */
async function letGo({ custody }: Service, tx: Queries, account: string, publicKey: string): Promise<Send[]> {
  if (!(await custody.signer(tx, account, publicKey))) return [];
  return [{ method: 'DELETE', url: `/api/v1/accounts/${account}/keys/${publicKey}`, headers: {} }];
}

interface Plan {
  stored: Account;
  old: string;
  users: SignedUser[];
  operator: OperatorClaims;
  /** Whether the account and its users can be signed here. */
  signsHere: boolean;
  claims: AccountClaims;
  /** As the account is to have them. */
  keys: AccountClaims['nats']['signing_keys'];
}

/** What a rotation is to do, and whether it may. */
async function planRotation(
  service: Service,
  queries: Queries,
  rotation: KeyChange & { forced: boolean },
  key: NewKey,
): Promise<Plan> {
  const { stored, claims, publicKey: old, scope } = await findKey(queries, rotation);
  refuseKnown(claims, key.publicKey);
  const users = await usersOfKey(queries, claims, old, service.now());
  const { claims: operator } = await servedOperator(queries, stored.operatorKey);
  const signsHere = key.keep !== null && (await heldOperatorSigner(queries, service.custody, operator)) !== null;
  if (!signsHere && !rotation.forced) refuseKeyInUse(old, users);
  const next = scope && { ...scope, key: key.publicKey };
  const keys = new Map([...claims.nats.signing_keys].map((one) => (one[0] === old ? [key.publicKey, next] : one)));
  return { stored, old, users, operator, signsHere, claims, keys };
}

/** Null where nothing is to be signed here, or by a key that another program holds: it is asked once it is kept. */
async function presignUsers(
  service: Service,
  { stored, users, operator, signsHere, claims, keys }: Plan,
  { keep }: NewKey,
  actor: Actor,
): Promise<Presigned | null> {
  if (!signsHere || !(keep instanceof Seed)) return null;
  const strict = operator.nats.strict_signing_key_usage === true;
  const account = { claims: { ...claims, nats: { ...claims.nats, signing_keys: keys } }, token: '', operator, strict };
  return presign(service, { issuing: { row: stored, account }, signer: freshSigner(keep), users, actor });
}

async function saveKeys(
  service: Service,
  tx: Queries,
  stored: Account,
  changed: { keys: AccountClaims['nats']['signing_keys']; added?: NewKey; detail: Record<string, unknown> },
  actor: Actor,
): Promise<{ row: Account; account: VerifiedAccount }> {
  const held = readStored('account', stored);
  const operator = await servedOperator(tx, stored.operatorKey);
  if (changed.added?.made) requireHeld(await operatorSigner(tx, service.custody, operator.claims));
  const claims = { ...held.claims, nats: { ...held.claims.nats, signing_keys: changed.keys } };
  const account = await signAccount(service, tx, operator, claims, Number(stored.iat));
  const lost = unknownFields(held);
  // As for the keys of a new account; service/revocations/prove-expired.ts relies on it.
  const keys = changed.added?.made && { keys: 'in custody' };
  const detail = { name: stored.name, ...changed.detail, ...keys, ...(lost.length > 0 && { lost }) };
  const at = service.now();
  const row = await saveAccount(tx, { account, stored, at, actor, action: 'account.update', detail });
  if (changed.added?.keep) await keepAccountKey(service, tx, stored.key, changed.added.keep, actor);
  return { row, account };
}

async function findKey(
  tx: Queries,
  { account, publicKey: id, ifMatch }: KeyChange,
): Promise<{ stored: Account; claims: AccountClaims; publicKey: string; scope: UserScope | null }> {
  const publicKey = decodePublicKey(id, 'account').text;
  const stored = await findAccount(tx, account);
  const { claims } = readStored('account', stored);
  const scope = claims.nats.signing_keys.get(publicKey);
  if (scope === undefined) throw signingKeyUnknown(publicKey);
  requireMatch(ifMatch, stored);
  return { stored, claims, publicKey, scope };
}

function refuseKnown({ sub, nats }: AccountClaims, publicKey: string): void {
  if (publicKey === sub || nats.signing_keys.has(publicKey)) throw signingKeyExists(publicKey);
}

function shown({ key, name }: { key: string; name: string }): UserOfKey {
  return { publicKey: key, name };
}
