import { EVERYONE, revoke } from '../../claims/account/revocation.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims } from '../../claims/types.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import type { OpenConnection } from '../../resolver/connections.js';
import { findAccount } from '../accounts/find-account.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { keepAccountKey } from '../custody/owned-keys.js';
import { requireHeld } from '../custody/sign-elsewhere.js';
import { requireMatch } from '../http/entity-tag.js';
import { newestIssue } from '../ledger/newest-issue.js';
import { type Census, type ClosingReport, censusBefore, issuedUntil, seeClosed } from '../link/closing.js';
import { operatorSigner, servedOperator } from '../operators/served-operator.js';
import { announced } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import { reissueUsers, usersOfKey } from '../signing-keys/key-users.js';
import { type NewKey, newKey, signingKeyUnknown, wipe } from '../signing-keys/signing-key.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface Evacuation {
  account: string;
  ifMatch: string | undefined;
  /** Signing keys that are compromised; absent = all that are in custody, and everyone is revoked whoever signed them. */
  keys?: string[] | undefined;
  /** Users that a rotated key signed get a new JWT of the new one. */
  reissue: boolean;
}

export interface Evacuated extends ClosingReport {
  account: string;
  version: number;
  /** Of the account JWT that says so. */
  jti: string;
  rotated: { from: string; to: string; role?: string }[];
  /** Unix seconds: JWTs issued at or before it are void. Null where only the users of the named keys are. */
  revokedAt: number | null;
  reissued: { publicKey: string; name: string }[];
  announced: ServerAnswer[];
}

type Decided = Omit<Evacuated, 'announced' | 'servers' | 'unasked'>;

/**
 * The drill for a compromised account, in one change: new signing keys in the place of those it had, everyone's JWT void. Then the
 * servers are told, connections that should not be there any more are kicked, and the answer says of each server who is still on.
 */
export async function evacuate(service: Service, wanted: Evacuation, actor: Actor): Promise<Evacuated> {
  const { links } = service;
  const isRehearsal = typeof actor !== 'string' && actor.rehearsal !== undefined;
  const account = decodePublicKey(wanted.account, 'account').text;
  const before: Census = isRehearsal ? [] : await censusBefore(links, { account });
  const fresh = new Map<string, NewKey>();
  let decided: Decided;
  try {
    for (const key of await keysToRotate(service, service.store.db, wanted)) {
      fresh.set(key, await newKey(service.custody, 'account', {}));
    }
    decided = await change(service, actor, (tx) => decide(service, tx, wanted, fresh, actor));
  } finally {
    for (const key of fresh.values()) wipe(key);
  }
  const answers = await announced(service, actor, decided.account, decided.jti);
  if (isRehearsal) return { ...decided, announced: answers, servers: [], unasked: 0 };
  const closing = await seeClosed(links, { account }, before, voidedBy(decided));
  return { ...decided, announced: answers, ...closing };
}

/** Named, or all in custody. Read before the change, in which they are looked at again. */
async function keysToRotate({ custody }: Service, db: Queries, { account, keys }: Evacuation): Promise<string[]> {
  const row = await findAccount(db, account);
  const { signing_keys: known } = readStored('account', row).claims.nats;
  if (keys === undefined) {
    const held = await custody.heldFor(db, row.key);
    return held.map(({ publicKey }) => publicKey).filter((key) => known.has(key));
  }
  const named = new Set(keys.map((key) => decodePublicKey(key, 'account').text));
  const stranger = [...named].find((key) => !known.has(key));
  if (stranger !== undefined) throw signingKeyUnknown(stranger);
  return [...named];
}

async function decide(
  service: Service,
  tx: Queries,
  { account: id, ifMatch, keys: named, reissue }: Evacuation,
  fresh: ReadonlyMap<string, NewKey>,
  actor: Actor,
): Promise<Decided> {
  const { custody, now } = service;
  const stored = await findAccount(tx, id);
  requireMatch(ifMatch, stored);
  const held = readStored('account', stored);
  const operator = await servedOperator(tx, stored.operatorKey);
  if (fresh.size > 0) requireHeld(await operatorSigner(tx, custody, operator.claims));
  const rotated = rotations(held.claims, fresh);
  const users = new Map<string, Awaited<ReturnType<typeof usersOfKey>>>();
  for (const { from } of rotated) users.set(from, await usersOfKey(tx, held.claims, from, now()));
  const revokedAt = named === undefined ? Math.max(now(), await newestIssue(tx, stored.key, EVERYONE)) : null;
  const account = await signAccount(
    service,
    tx,
    operator,
    evacuated(held.claims, fresh, revokedAt),
    Number(stored.iat),
  );
  const lost = unknownFields(held);
  const row = await saveAccount(tx, {
    account,
    stored,
    at: now(),
    actor,
    action: 'account.evacuate',
    detail: {
      name: stored.name,
      rotated: rotated.map(({ from, to }) => ({ from, to })),
      ...(revokedAt !== null && { user: EVERYONE, at: revokedAt }),
      ...(lost.length > 0 && { lost }),
    },
  });
  const reissued: Decided['reissued'] = [];
  for (const { from, to } of rotated) {
    const key = fresh.get(from);
    if (key?.keep) await keepAccountKey(service, tx, stored.key, key.keep, actor);
    await custody.forget(tx, stored.key, from);
    const signer = reissue ? await custody.signer(tx, stored.key, to) : null;
    if (!signer) continue;
    const of = users.get(from) ?? [];
    await reissueUsers(service, tx, { issuing: { row, account }, signer, users: of, actor }, null);
    reissued.push(...of.map(({ key: publicKey, name }) => ({ publicKey, name })));
  }
  return { account: row.key, version: row.version, jti: row.jti, rotated, revokedAt, reissued };
}

function rotations({ nats }: AccountClaims, fresh: ReadonlyMap<string, NewKey>): Evacuated['rotated'] {
  return [...fresh].map(([from, { publicKey: to }]) => {
    const scope = nats.signing_keys.get(from);
    if (scope === undefined) throw signingKeyUnknown(from);
    return { from, to, ...(scope && { role: scope.role }) };
  });
}

function evacuated(claims: AccountClaims, fresh: ReadonlyMap<string, NewKey>, revokedAt: number | null): AccountClaims {
  const { signing_keys: keys, revocations } = claims.nats;
  const signing_keys = new Map(
    [...keys].map(([key, scope]) => {
      const to = fresh.get(key)?.publicKey ?? key;
      return [to, scope && { ...scope, key: to }];
    }),
  );
  const revoked = revokedAt === null ? revocations : revoke(revocations, EVERYONE, revokedAt);
  return { ...claims, nats: { ...claims.nats, signing_keys, revocations: revoked } };
}

/** Whether a connection is one of those that are void now. A server that shows no JWT (of a bearer) shows who signed it, at most. */
function voidedBy({ revokedAt, rotated }: Decided): (connection: OpenConnection) => boolean {
  const gone = new Set(rotated.map(({ from }) => from));
  const isOld = revokedAt === null ? () => false : issuedUntil(revokedAt);
  return (connection) => gone.has(connection.issuer) || isOld(connection);
}
