import { EVERYONE } from '../../claims/account/revocation.js';
import { formatCreds } from '../../claims/creds.js';
import { NatsctlError } from '../../claims/errors.js';
import { newUser } from '../../claims/jwt/new.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Permissions } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import { foldName } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordedRevocations } from '../revocations/recorded.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { issueUser, issuingAccount } from './issue-user.js';

export interface NewUser {
  name: string;
  /** Of a key kept elsewhere. Without it the service makes one, gives its creds once and forgets it. */
  publicKey?: string;
  /** Unix seconds. */
  expires?: number;
  bearer?: boolean;
  permissions?: { pub?: Partial<Permissions['pub']>; sub?: Partial<Permissions['sub']>; resp?: Permissions['resp'] };
  limits?: { subs?: number; data?: number; payload?: number };
  tags?: string[];
}

export interface CreatedUser {
  user: User;
  jwt: string;
  /** The .creds text, where the service made the key. */
  creds?: string;
}

/** Makes a user of an account whose key (or signing key) is in custody. */
export async function createUser(
  service: Service,
  accountId: string,
  wanted: NewUser,
  actor: Actor,
): Promise<CreatedUser> {
  const name = checkEntityName(wanted.name, 'user');
  const seed = wanted.publicKey === undefined ? Seed.generate('user') : null;
  const key = seed?.publicKey ?? decodePublicKey(wanted.publicKey ?? '', 'user').text;
  const created = await change(service, actor, async (tx) => {
    const issuing = await issuingAccount(service, tx, accountId);
    const { row, account } = issuing;
    await checkFree(tx, row.key, key, name);
    refuseRevoked(account.claims, key, service.now());
    // One that a revocation of everyone has swallowed counts as well.
    if ((await recordedRevocations(tx, row.key)).has(key)) throw keyRevoked(account.claims, key);
    const claims = newUser(key, name);
    apply(wanted, claims);
    return issueUser(service, tx, {
      issuing,
      claims,
      stored: null,
      keyMade: seed !== null,
      actor,
      action: 'user.create',
    });
  });
  if (!seed) return created;
  const creds = formatCreds(created.jwt, seed);
  seed.wipe();
  return { ...created, creds };
}

function apply(wanted: NewUser, claims: ReturnType<typeof newUser>): void {
  const { pub, sub, resp } = wanted.permissions ?? {};
  Object.assign(claims.nats.pub, pub);
  Object.assign(claims.nats.sub, sub);
  Object.assign(claims.nats, wanted.limits);
  if (resp) claims.nats.resp = resp;
  if (wanted.bearer !== undefined) claims.nats.bearer_token = wanted.bearer;
  if (wanted.expires !== undefined) claims.exp = wanted.expires;
  if (wanted.tags) claims.nats.tags = wanted.tags;
}

async function checkFree(tx: Queries, accountKey: string, key: string, name: string): Promise<void> {
  if (await tx.user.findUnique({ where: { key } })) {
    throw new NatsctlError<ServiceErrorCode>('ERR_USER_EXISTS', `the user ${key} exists already`, {
      hint: 'make one with a new key',
    });
  }
  const nameFold = foldName(name);
  const holder = await tx.user.findUnique({ where: { accountKey_nameFold: { accountKey, nameFold } } });
  if (!holder) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_USER_NAME_TAKEN',
    `the name ${JSON.stringify(name)} is taken by the user ${holder.key}`,
    {
      hint: 'choose another name; letter case makes no difference',
      details: { holder: holder.key },
    },
  );
}

/** A new JWT would be newer than the revocation and bring the key back; that takes a decision of its own. */
function refuseRevoked(account: AccountClaims, key: string, now: number): void {
  const { revocations } = account.nats;
  const everyone = revocations.get(EVERYONE);
  const waitsFor = everyone !== undefined && everyone > now ? everyone : undefined;
  if (revocations.has(key) || waitsFor !== undefined) throw keyRevoked(account, key);
}

function keyRevoked(account: AccountClaims, key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError<ServiceErrorCode>(
    'ERR_USER_REVOKED',
    `the user key ${key} is revoked in account ${account.name ?? account.sub}`,
    {
      hint: 'use a new key, or remove the revocation first',
      details: { account: account.sub },
    },
  );
}
