import { NatsctlError } from '../../claims/errors.js';
import { checkEntityName } from '../../claims/names.js';
import { foldName } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { type CredentialRules, rulesFor } from './credential-policy.js';
import { type IssuedUser, issueUser, issuingAccount } from './issue-user.js';
import { newClaims, requestPointer, type WantedClaims } from './new-claims.js';
import { refuseRevokedKey } from './revoked.js';
import { refuseUnproven, takeKey, type WantedKey } from './user-key.js';

export interface NewUser extends WantedClaims, WantedKey {}

export interface NewCredentials extends Omit<NewUser, 'expires'> {
  /** Seconds that they hold. */
  ttl?: number;
  /** Also as a user of the lists. */
  store?: boolean;
}

export interface CreatedUser extends IssuedUser {
  /** The .creds text, where the service made the key. */
  creds?: string;
}

/** Credentials hold so long where neither the request nor a policy says. */
const DEFAULT_TTL = 3_600;
/** Those in no list are found again in the audit alone: they end within a day. */
export const MAX_CREDENTIALS_TTL = 86_400;

/** How what is made differs: a user of the lists, or credentials for a while. */
interface Terms {
  listed: boolean;
  action: 'user.create' | 'credentials.issue';
  expires(rules: CredentialRules, now: number): number | undefined;
}

/** Makes a user of an account whose key (or signing key) is in custody. */
export function createUser(service: Service, account: string, wanted: NewUser, actor: Actor): Promise<CreatedUser> {
  const terms: Terms = {
    listed: true,
    action: 'user.create',
    expires: ({ defaultTtl }, now) => wanted.expires ?? (defaultTtl === null ? undefined : now + defaultTtl),
  };
  return create(service, account, wanted, terms, actor);
}

/** Makes short-lived credentials: a user JWT that the audit knows of, and the list of users only where that is asked for. */
export async function createCredentials(
  service: Service,
  account: string,
  { ttl, store = false, ...wanted }: NewCredentials,
  actor: Actor,
): Promise<CreatedUser> {
  if (wanted.publicKey !== undefined && !wanted.proof) {
    throw new NatsctlError<ServiceErrorCode>('ERR_KEY_PROOF_REQUIRED', 'credentials for a key need a proof of it', {
      hint: `POST /api/v1/accounts/${account}/credentials/challenge, and sign the text with the key`,
    });
  }
  const terms: Terms = {
    listed: store,
    action: 'credentials.issue',
    expires: ({ defaultTtl }, now) => now + (ttl ?? Math.min(defaultTtl ?? DEFAULT_TTL, MAX_CREDENTIALS_TTL)),
  };
  return create(service, account, wanted, terms, actor);
}

async function create(
  service: Service,
  accountId: string,
  wanted: NewUser,
  { listed, action, expires }: Terms,
  actor: Actor,
): Promise<CreatedUser> {
  const name = checkEntityName(wanted.name, 'user');
  const role = wanted.role ?? null;
  const key = takeKey(service, accountId, wanted, actor);
  const created = await change(service, actor, async (tx) => {
    const issuing = await issuingAccount(service, tx, accountId);
    const { row, account } = issuing;
    await checkKeyFree(tx, key.publicKey);
    if (listed) await checkNameFree(tx, row.key, name);
    await refuseUnproven(service, tx, row.key, role, key);
    await refuseRevokedKey(tx, account.claims, key.publicKey, service.now());
    const end = expires(await rulesFor(service, tx, row.key, role), service.now());
    const claims = newClaims(key.publicKey, row.key, { ...wanted, ...(end !== undefined && { expires: end }) });
    return issueUser(service, tx, {
      issuing,
      claims,
      role,
      stored: null,
      listed,
      actor,
      action,
      keyMade: key.origin === 'made',
      detail: { listed, key: key.origin },
      pointer: requestPointer,
    });
  });
  const creds = key.creds(created.jwt);
  return { ...created, ...(creds !== undefined && { creds }) };
}

/** Also where no user is listed: the JWT that is would have a second one beside it, which nobody sees. */
export async function checkKeyFree(tx: Queries, key: string): Promise<void> {
  if ((await tx.user.findUnique({ where: { key } })) === null) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_USER_EXISTS', `the user ${key} exists already`, {
    hint: 'make one with a new key, or issue this one anew',
  });
}

export async function checkNameFree(tx: Queries, accountKey: string, name: string): Promise<void> {
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
