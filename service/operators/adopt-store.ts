import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import { accountOfUser, verifyUser } from '../../claims/trust/user.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import { foldName } from '../accounts/save-account.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { keepAccountKey } from '../custody/owned-keys.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordIssued } from '../ledger/record-issued.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { adoptIn, keepSigningKey } from './adopt-operator.js';
import { servedOperator } from './served-operator.js';

/** What an nsc store holds of one operator: its tokens as they are, and the seeds that are to be kept here. */
export interface AdoptedStore {
  operator: string;
  accounts: string[];
  users: string[];
  /** Of the operator and its accounts. */
  seeds: string[];
}

export interface StoreAdoption {
  operator: string;
  accounts: string[];
  users: string[];
  /** Public keys of what is in custody now. */
  keys: string[];
  /** Users that no server would let in, or that cannot stand beside those that are here. */
  leftOut: { user: string; code: string; message: string }[];
}

/** Takes a whole store over, or nothing of it: every token is verified as a server would, in one change. */
export async function adoptStore(service: Service, store: AdoptedStore, actor: Actor): Promise<StoreAdoption> {
  const seeds: Seed[] = [];
  try {
    for (const text of store.seeds) seeds.push(Seed.parse(text));
    return await change(service, actor, async (tx) => {
      const { operator: operatorToken, accounts } = store;
      refuseTwice(accounts);
      const { key: operator } = await adoptIn(service, tx, { operatorToken, accounts, beside: true }, actor);
      for (const seed of seeds) await keepSeed(service, tx, operator, seed, actor);
      const known = await tx.account.findMany({ where: { operatorKey: operator }, select: { key: true } });
      const users = await importUsers(service, tx, operator, store.users, actor);
      return {
        operator,
        accounts: known.map(({ key }) => key),
        keys: seeds.map(({ publicKey }) => publicKey),
        ...users,
      };
    });
  } finally {
    for (const seed of seeds) seed.wipe();
  }
}

/** Two JWTs of one account are two states of it: which one is meant is not for the service to say. */
function refuseTwice(accounts: string[]): void {
  const tokens = new Map<string, string>();
  for (const token of accounts) {
    const { sub } = decodeAs('account', token).claims;
    if ((tokens.get(sub) ?? token) !== token) {
      throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', `there are two JWTs of the account ${sub}`, {
        hint: 'leave the older one out',
        details: { account: sub },
      });
    }
    tokens.set(sub, token);
  }
}

async function keepSeed(service: Service, tx: Queries, operatorKey: string, seed: Seed, actor: Actor): Promise<void> {
  const { claims } = await servedOperator(tx, operatorKey);
  if (seed.kind === 'operator') return keepSigningKey(service, tx, claims, seed, actor);
  if (seed.kind === 'account') {
    for (const row of await tx.account.findMany({ where: { operatorKey } })) {
      const { sub, nats } = readStored('account', row).claims;
      if (seed.publicKey === sub || nats.signing_keys.has(seed.publicKey)) {
        return keepAccountKey(service, tx, sub, seed, actor);
      }
    }
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_KEY_FOREIGN',
    `${seed.publicKey} is no key of the operator or of one of its accounts`,
    { hint: 'leave seeds of users out: the service never needs them', details: { key: seed.publicKey } },
  );
}

async function importUsers(service: Service, tx: Queries, operatorKey: string, tokens: string[], actor: Actor) {
  const { trusted } = await servedOperator(tx, operatorKey);
  const verified = new Map<string, VerifiedAccount>();
  const users: string[] = [];
  const leftOut: StoreAdoption['leftOut'] = [];
  // What is no user JWT at all is refused, and all else with it. Of several of one user the newest counts.
  const decoded = tokens.map((token) => decodeAs('user', token)).sort((a, b) => b.claims.iat - a.claims.iat);
  for (const jwt of decoded) {
    const key = accountOfUser(jwt);
    try {
      let account = verified.get(key);
      if (account === undefined) {
        const row = await tx.account.findFirst({ where: { key, operatorKey } });
        if (!row) throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_UNKNOWN', `there is no account ${key} in it`);
        account = verifyAccount(row.jwt, trusted, { now: service.now(), subject: key });
        verified.set(key, account);
      }
      if (await importUser(service, tx, jwt, account, actor)) users.push(jwt.claims.sub);
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      leftOut.push({ user: jwt.claims.sub, code: error.code, message: error.message });
    }
  }
  return { users, leftOut };
}

/** @returns false for one that is here already */
async function importUser(
  service: Service,
  tx: Queries,
  jwt: Decoded<UserClaims>,
  account: VerifiedAccount,
  actor: Actor,
): Promise<boolean> {
  const at = service.now();
  const { claims, token } = jwt;
  const { scope } = verifyUser(jwt, account, { now: at });
  const { sub: key, iat, exp, name: given } = claims;
  const name = checkEntityName(given ?? key, 'user');
  const known = await tx.user.findUnique({ where: { key }, select: { jwt: true } });
  if (known?.jwt === token) return false;
  if (known) {
    throw new NatsctlError<ServiceErrorCode>('ERR_USER_EXISTS', `another JWT of the user ${key} is here already`);
  }
  const accountKey = account.claims.sub;
  const nameFold = foldName(name);
  if (await tx.user.findUnique({ where: { accountKey_nameFold: { accountKey, nameFold } } })) {
    throw new NatsctlError<ServiceErrorCode>('ERR_USER_NAME_TAKEN', `the name ${JSON.stringify(name)} is taken`);
  }
  const data = { key, accountKey, name, nameFold, jwt: token, role: scope?.role ?? null };
  const times = { iat: BigInt(iat), exp: exp ? BigInt(exp) : null, createdAt: BigInt(at) };
  await tx.user.create({ data: { ...data, ...times } });
  const whose = { operator: account.operator.sub, account: accountKey };
  recordIssued(tx, { kind: 'user', claims, token, ...whose, origin: 'pushed', actor, at });
  await recordAudit(tx, {
    at,
    actor,
    action: 'user.import',
    entity: key,
    ...whose,
    afterJti: claims.jti,
    after: claimsJson(token),
    detail: { name, account: accountKey, issuer: claims.iss },
  });
  return true;
}
