import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { NatsctlError } from '../../claims/errors.js';
import { recordAudit } from '../audit/audit.js';
import type { Custody } from '../custody/custody.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries, Store } from '../store/open.js';

/** One role so far: an admin may do everything. */
export const ROLES = ['admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who makes a request. Only `verify` makes one. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  readonly tokenHash: string;
}

export interface NewToken {
  name: string;
  role: Role;
  /** Unix seconds; absent = never. */
  expires?: number;
}

export interface AccessTokens {
  /** Signs a token and registers it. The text is given here once and kept nowhere. */
  issue(tx: Queries, token: NewToken, actor: string): Promise<{ id: string; token: string }>;
  verify(token: string): Promise<Caller>;
  revoke(tx: Queries, id: string, actor: string): Promise<void>;
}

const ISSUER = 'natsctl';
const AUDIENCE = 'natsctl service';
const TYPE = 'at+jwt';
const KEY_META = 'access-token-key';
const SEALED_FOR = { kind: 'access-token', id: KEY_META };
/** A token's last use is written down at most this often: a database write for each request would be its main cost. */
const LAST_USE_SECONDS = 60;
/** No token of ours is longer; anything beyond is refused unread. */
const MAX_TOKEN_CHARACTERS = 2_048;

/** Access tokens of the REST API: JWTs signed with EdDSA by a key in custody, each known to the database by its jti's hash. */
export async function openTokens(store: Store, custody: Custody, now: () => number): Promise<AccessTokens> {
  const privateKey = await tokenKey(store, custody);
  const publicKey = createPublicKey(privateKey);
  return {
    async issue(tx, { name, role, expires }, actor) {
      const jti = randomBytes(32).toString('base64url');
      const id = hashOf(jti);
      const at = now();
      const unsigned = new SignJWT({ role })
        .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(name)
        .setJti(jti)
        .setIssuedAt(at);
      if (expires !== undefined) unsigned.setExpirationTime(expires);
      const token = await unsigned.sign(privateKey);
      const expiresAt = expires === undefined ? null : BigInt(expires);
      await tx.accessToken.create({ data: { hash: id, name, role, createdAt: BigInt(at), expiresAt } });
      await recordAudit(tx, { at, actor, action: 'token.create', entity: id, detail: { name, role, expires } });
      return { id, token };
    },

    async verify(token) {
      const jti = await signedJti(token, publicKey, now());
      const hash = hashOf(jti);
      const row = await store.db.accessToken.findUnique({ where: { hash } });
      if (!row || row.revokedAt !== null) throw invalid('it was revoked');
      const role = ROLES.find((known) => known === row.role);
      if (!role) throw invalid('its role is unknown');
      const at = BigInt(now());
      if (row.lastUsedAt === null || row.lastUsedAt + BigInt(LAST_USE_SECONDS) <= at) {
        await store.db.accessToken.update({ where: { hash }, data: { lastUsedAt: at } });
      }
      return { name: row.name, role, tokenHash: hash };
    },

    async revoke(tx, id, actor) {
      const row = await tx.accessToken.findUnique({ where: { hash: id } });
      if (!row) throw new NatsctlError<ServiceErrorCode>('ERR_TOKEN_UNKNOWN', `there is no access token ${id}`);
      if (row.revokedAt !== null) return;
      const at = now();
      await tx.accessToken.update({ where: { hash: id }, data: { revokedAt: BigInt(at) } });
      await recordAudit(tx, { at, actor, action: 'token.revoke', entity: id, detail: { name: row.name } });
    },
  };
}

async function signedJti(token: string, publicKey: KeyObject, now: number): Promise<string> {
  if (token.length > MAX_TOKEN_CHARACTERS) throw invalid('it is too long');
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: ['EdDSA'],
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: TYPE,
      requiredClaims: ['sub', 'jti', 'iat'],
      currentDate: new Date(now * 1_000),
    });
    return String(payload.jti);
  } catch (error) {
    throw invalid(error instanceof errors.JWTExpired ? 'it has expired' : 'it is not one of this service');
  }
}

/** 32 random bytes have nothing to guess, so a plain hash keeps them. */
function hashOf(jti: string): string {
  return createHash('sha256').update(jti).digest('hex');
}

function invalid(why: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_AUTH_TOKEN_INVALID', `the access token is refused: ${why}`, {
    hint: 'use a token of this service, such as the one in admin.token of its data folder',
  });
}

async function tokenKey(store: Store, custody: Custody): Promise<KeyObject> {
  const row = await store.db.meta.findUnique({ where: { key: KEY_META } });
  if (row) {
    const der = await custody.unseal(SEALED_FOR, row.value);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    return key;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  await store.db.meta.create({ data: { key: KEY_META, value: await custody.seal(SEALED_FOR, der) } });
  der.fill(0);
  return privateKey;
}
