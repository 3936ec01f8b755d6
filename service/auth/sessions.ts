/**
 * Sign-in without passwords: who holds an operator's or an account's key signs a challenge with it and gets a token for a
 * quarter of an hour. The key's place in the tree is the caller's right, looked up at every request: a key that is taken out of
 * its operator or account has none from that moment.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { verifySignature } from '../../claims/keys/verify.js';
import type { Custody } from '../custody/custody.js';
import { ownKey } from '../custody/own-key.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries, Store } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { openChallenges } from './challenges.js';
import { tokenRefused } from './refusal.js';
import type { Caller, Grant } from './rights.js';

/** Whose key it is that signs in. An account's signing key names its account. */
export interface SessionKey {
  key: string;
  account?: string;
}

export interface Session {
  token: string;
  /** Unix seconds. */
  expires: number;
  grants: readonly Grant[];
}

export interface Sessions {
  /** Text to sign with the key. Says nothing about whether the key is known. */
  challenge(key: SessionKey): { challenge: string; expires: number };
  /** `signature`: base64url over the bytes of the challenge's text. */
  open(challenge: string, signature: string): Promise<Session>;
  verify(token: string): Promise<Caller>;
}

const ISSUER = 'natsctl';
const AUDIENCE = 'natsctl service';
const TYPE = 'at+jwt';
const CHALLENGE_PREFIX = 'natsctl-sign-in';
const SESSION_SECONDS = 900;

export async function openSessions(store: Store, custody: Custody, now: () => number): Promise<Sessions> {
  const privateKey = await ownKey(store, custody, 'access-token', 'access-token-key');
  const publicKey = createPublicKey(privateKey);
  const challenges = openChallenges(CHALLENGE_PREFIX, now);

  return {
    challenge({ key, account }) {
      decodePublicKey(key, 'operator', 'account');
      if (account !== undefined) decodePublicKey(account, 'account');
      return challenges.make(key, account ?? '');
    },

    async open(challenge, signature) {
      const read = challenges.read(challenge);
      if ('refused' in read) throw challengeRefused(read.refused);
      const [key = '', account = ''] = read.words;
      if (!verifySignature(key, Buffer.from(challenge), Buffer.from(signature, 'base64url'))) throw keyRefused();
      const why = challenges.useUp(challenge);
      if (why !== null) throw challengeRefused(why);
      const signedIn = { key, ...(account && { account }) };
      const grants = await grantsOf(store.db, signedIn);
      if (grants.length === 0) throw keyRefused();
      const at = now();
      const token = await new SignJWT(account ? { account } : {})
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(key)
        .setIssuedAt(at)
        .setExpirationTime(at + SESSION_SECONDS)
        .sign(privateKey);
      return { token, expires: at + SESSION_SECONDS, grants };
    },

    async verify(token) {
      const signedIn = await signedInBy(token, publicKey, now());
      const grants = await grantsOf(store.db, signedIn);
      if (grants.length === 0)
        throw tokenRefused('its key has no place in an operator or account of this service any more');
      return { actor: `key:${signedIn.key}`, grants, expires: signedIn.expires };
    },
  };
}

/** What a key may do: an operator's keys manage the operator, an account's own key the account, its signing keys issue users. */
async function grantsOf(db: Queries, { key, account }: SessionKey): Promise<Grant[]> {
  if (key.startsWith('O')) {
    const rows = await db.operator.findMany();
    const own = rows.find(
      (row) => row.key === key || readStored('operator', row).claims.nats.signing_keys.includes(key),
    );
    return own ? [{ role: 'admin', operator: own.key }] : [];
  }
  const row = await db.account.findUnique({ where: { key: account ?? key } });
  if (!row) return [];
  const scope = { operator: row.operatorKey, account: row.key };
  if (row.key === key) return [{ role: 'admin', ...scope }];
  const template = readStored('account', row).claims.nats.signing_keys.get(key);
  if (template === undefined) return [];
  // A key with a role makes users of that role alone, which it can do itself; here it may look.
  return [{ role: template === null ? 'issuer' : 'viewer', ...scope }];
}

async function signedInBy(token: string, publicKey: KeyObject, now: number): Promise<SessionKey & { expires: number }> {
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['EdDSA'],
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: TYPE,
      requiredClaims: ['sub', 'iat'],
      currentDate: new Date(now * 1_000),
    });
    const { sub, account, exp, jti } = payload;
    // A sign-in has none. Its subject was a name, and no key.
    if (jti !== undefined) throw ofFirstRelease();
    if (exp === undefined) throw tokenRefused('it is not one of this service');
    return { key: String(sub), expires: Number(exp), ...(typeof account === 'string' && { account }) };
  } catch (error) {
    if (isNatsctlError(error)) throw error;
    throw tokenRefused(error instanceof errors.JWTExpired ? 'it has expired' : 'it is not one of this service');
  }
}

/** Access tokens were JWTs once, by the same key. Who runs the service is told what to do, the caller no more than of any other. */
function ofFirstRelease(): NatsctlError {
  const outdated = new NatsctlError<ServiceErrorCode>(
    'ERR_AUTH_TOKEN_OUTDATED',
    'an access token of the first release was shown, which is taken no more',
    { hint: 'give its holder a new one: `natsctl service token create` (CHANGELOG.md, Upgrade)' },
  );
  return tokenRefused('it is not one of this service', outdated);
}

function challengeRefused(why: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_SESSION_CHALLENGE', `the challenge is refused: ${why}`, { hint: 'ask for a new one' });
}

function keyRefused(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_SESSION_KEY', 'this key does not sign in here, or the signature is not its own', {
    hint: 'sign the whole text of the challenge with a key of an operator or account that this service serves',
  });
}
