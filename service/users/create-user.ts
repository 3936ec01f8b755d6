import { NatsctlError } from '../../claims/errors.js';
import { checkEntityName } from '../../claims/names.js';
import { foldName } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { eachItem } from '../change/each-item.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordedRevocations } from '../revocations/recorded.js';
import type { Service } from '../service.js';
import { inParts } from '../store/in-parts.js';
import { insertRows } from '../store/insert-rows.js';
import type { Queries } from '../store/open.js';
import { turns } from '../turn.js';
import type { CredentialRules } from './credential-policy.js';
import { type IssuedUser, issuingAccount, recordUser, signUser, termsOf, type UserIssue } from './issue-user.js';
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
  expires(wanted: NewUser, rules: CredentialRules, now: number): number | undefined;
}

type Each = <Item, Made>(items: readonly Item[], make: (item: Item) => Promise<Made>) => Promise<Made[]>;

const LISTED: Terms = {
  listed: true,
  action: 'user.create',
  expires: (wanted, { defaultTtl }, now) => wanted.expires ?? (defaultTtl === null ? undefined : now + defaultTtl),
};

/** Makes a user of an account whose key (or signing key) is in custody. */
export function createUser(service: Service, account: string, wanted: NewUser, actor: Actor): Promise<CreatedUser> {
  return createOne(service, account, wanted, LISTED, actor);
}

/** As `createUser`, several: all of them, or none. What refuses one says which, as a JSON pointer into `users`. */
export function createUsers(
  service: Service,
  account: string,
  wanted: NewUser[],
  actor: Actor,
): Promise<CreatedUser[]> {
  return create(service, account, wanted, LISTED, actor, (users, make) => eachItem('users', users, make));
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
    expires: (_wanted, { defaultTtl }, now) => now + (ttl ?? Math.min(defaultTtl ?? DEFAULT_TTL, MAX_CREDENTIALS_TTL)),
  };
  return createOne(service, account, wanted, terms, actor);
}

async function createOne(
  service: Service,
  account: string,
  wanted: NewUser,
  terms: Terms,
  actor: Actor,
): Promise<CreatedUser> {
  const one: Each = async ([item], make) => (item === undefined ? [] : [await make(item)]);
  const [created] = await create(service, account, [wanted], terms, actor, one);
  if (!created) throw new Error('one was asked for, and none was made');
  return created;
}

/** What is asked of the database is asked once for all of them. */
async function create(
  service: Service,
  accountId: string,
  users: NewUser[],
  { listed, action, expires }: Terms,
  actor: Actor,
  each: Each,
): Promise<CreatedUser[]> {
  const turn = turns();
  const keyed = await each(users, async (wanted) => {
    await turn();
    const name = checkEntityName(wanted.name, 'user');
    return { wanted, name, role: wanted.role ?? null, key: takeKey(service, accountId, wanted, actor) };
  });
  const made = await change(service, actor, async (tx) => {
    const issuing = await issuingAccount(service, tx, accountId);
    const { row, account } = issuing;
    const taken = await takenIn(tx, row.key, keyed);
    const recorded = await recordedRevocations(tx, row.key);
    const terms = termsOf(service, tx, issuing);
    const issued = await each(keyed, async ({ wanted, name, role, key }) => {
      await turn();
      taken.take(key.publicKey, listed ? name : null);
      const rules = await terms.rules(role);
      refuseUnproven(rules, row.key, key);
      refuseRevokedKey(account.claims, key.publicKey, recorded, service.now());
      const end = expires(wanted, rules, service.now());
      const claims = newClaims(key.publicKey, row.key, { ...wanted, ...(end !== undefined && { expires: end }) });
      const keyMade = key.origin === 'made';
      const detail = { listed, key: key.origin };
      const whose = { issuing, claims, role, stored: null, listed, keyMade };
      const issue: UserIssue = { ...whose, actor, action, detail, pointer: requestPointer };
      return { issue, key, user: await signUser(service, await terms.all(role), issue) };
    });
    if (listed) {
      await insertRows(
        tx,
        'user',
        issued.map(({ user }) => user.user),
      );
    }
    for (const { issue, user } of issued) {
      await turn();
      await recordUser(service, tx, issue, user);
    }
    return issued;
  });
  const created: CreatedUser[] = [];
  for (const { user, key } of made) {
    await turn();
    const creds = key.creds(user.jwt);
    created.push({ ...user, ...(creds !== undefined && { creds }) });
  }
  return created;
}

/** Keys and names that are taken, in the database or by a user made before in the same request. */
async function takenIn(tx: Queries, accountKey: string, users: { name: string; key: { publicKey: string } }[]) {
  const select = { key: true, nameFold: true };
  const byKey = await inParts(
    users.map(({ key }) => key.publicKey),
    (part) => tx.user.findMany({ where: { key: { in: part } }, select }),
  );
  const byName = await inParts(
    users.map(({ name }) => foldName(name)),
    (part) => tx.user.findMany({ where: { accountKey, nameFold: { in: part } }, select }),
  );
  const keys = new Set(byKey.map(({ key }) => key));
  const names = new Map(byName.map(({ nameFold, key }) => [nameFold, key]));
  return {
    /** @param name null where no user is listed: only a listed one has its name to itself */
    take(key: string, name: string | null): void {
      if (keys.has(key)) throw keyTaken(key);
      if (name === null) return;
      const holder = names.get(foldName(name));
      if (holder !== undefined) throw nameTaken(name, holder);
      keys.add(key);
      names.set(foldName(name), key);
    },
  };
}

/** Also where no user is listed: the JWT that is would have a second one beside it, which nobody sees. */
export async function checkKeyFree(tx: Queries, key: string): Promise<void> {
  if ((await tx.user.findUnique({ where: { key } })) !== null) throw keyTaken(key);
}

function keyTaken(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_USER_EXISTS', `the user ${key} exists already`, {
    hint: 'make one with a new key, or issue this one anew',
  });
}

export async function checkNameFree(tx: Queries, accountKey: string, name: string): Promise<void> {
  const nameFold = foldName(name);
  const holder = await tx.user.findUnique({ where: { accountKey_nameFold: { accountKey, nameFold } } });
  if (holder) throw nameTaken(name, holder.key);
}

function nameTaken(name: string, holder: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_USER_NAME_TAKEN', `the name ${JSON.stringify(name)} is taken by the user ${holder}`, {
    hint: 'choose another name; letter case makes no difference',
    details: { holder },
  });
}
