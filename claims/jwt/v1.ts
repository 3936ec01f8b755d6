/**
 * Tokens of jwt v1 (before 2020), read only to upgrade a store, and turned into the v2 model the way nats-io/jwt v2 does: `type`, `tags` and
 * `issuer_account` stood in the envelope, JetStream did not exist, a user's absent limits meant unlimited.
 */
import type {
  AccountData,
  ActivationData,
  AnyClaims,
  ClaimKind,
  Claims,
  GenericData,
  OperatorData,
  UserData,
} from '../types.js';
import { account, exportList, exportType, flatLimits, importList, revocations } from './account-schema.js';
import { generic } from './generic-schema.js';
import type { JsonObject } from './json.js';
import { operator } from './operator-schema.js';
import {
  asObject,
  type Field,
  integer,
  knownKeys,
  noteUnknown,
  optionalInteger,
  optionalText,
  optionalTexts,
  type Reading,
  readAt,
  struct,
  text,
  texts,
} from './schema.js';
import { userLimitFields } from './user-schema.js';

/** The kinds a v1 token can have here; `server` and `cluster` are gone. */
export const V1_KINDS: readonly ClaimKind[] = ['operator', 'account', 'user', 'activation', 'generic'];

interface Envelope {
  aud?: string;
  exp?: number;
  jti: string;
  iat: number;
  iss: string;
  name?: string;
  nbf?: number;
  sub: string;
  tags?: string[];
  type?: string;
  issuer_account?: string;
  nats: JsonObject;
}

const nats: Field<JsonObject> = {
  read: (json, reading) => (json === undefined || json === null ? {} : asObject(json, reading)),
  write: () => '{}',
  omit: () => false,
};

const envelope = struct<Envelope>({
  aud: optionalText,
  exp: optionalInteger({ min: 0 }),
  jti: text,
  iat: integer({ min: 0 }),
  iss: text,
  name: optionalText,
  nbf: optionalInteger({ min: 0 }),
  sub: text,
  tags: optionalTexts,
  type: optionalText,
  issuer_account: optionalText,
  nats,
});

export function readV1(kind: ClaimKind, payload: JsonObject, reading: Reading): AnyClaims {
  const { type, tags, issuer_account, nats: data, ...common } = envelope.read(payload, reading);
  const about = { ...(tags && { tags }), version: 1 };
  const issuer = issuer_account ? { issuer_account } : {};
  const within = <T>(read: () => T): T => {
    reading.path.push('nats');
    const value = read();
    reading.path.pop();
    return value;
  };
  switch (kind) {
    case 'operator':
      return claims<OperatorData>(common, { ...within(() => v1Operator(data, reading)), ...about, type: 'operator' });
    case 'account':
      return claims<AccountData>(common, { ...within(() => v1Account(data, reading)), ...about, type: 'account' });
    case 'user':
      return claims<UserData>(common, { ...within(() => v1User(data, reading)), ...issuer, ...about, type: 'user' });
    case 'activation':
      return claims<ActivationData>(common, {
        ...within(() => v1Activation(data, reading)),
        ...issuer,
        ...about,
        type: 'activation',
      });
    default:
      return claims<GenericData>(common, {
        ...within(() => generic.read(data, reading)),
        ...(type && { type }),
        ...(tags && { tags }),
      });
  }
}

function claims<Data>(common: Omit<Claims<Data>, 'nats'>, data: Data): Claims<Data> {
  return { ...common, nats: data };
}

type Own<T> = Omit<T, 'tags' | 'version' | 'type' | 'issuer_account'>;

function v1Operator(data: JsonObject, reading: Reading): Own<OperatorData> {
  return only(operator.read({ ...data, type: 'operator' }, reading), [
    'strict_signing_key_usage',
    'assert_server_version',
  ]);
}

const V1_ACCOUNT_FIELDS = knownKeys(['imports', 'exports', 'limits', 'signing_keys', 'revocations']);

function v1Account(data: JsonObject, reading: Reading): Own<AccountData> {
  noteUnknown(data, V1_ACCOUNT_FIELDS, reading);
  const none = account.read({ type: 'account' }, { path: [], unknown: [] });
  const {
    subs,
    data: bytes,
    payload,
    imports,
    exports,
    wildcards,
    disallow_bearer,
    conn,
    leaf,
  } = readAt(flatLimits, data.limits, 'limits', reading);
  const keys = readAt(texts, data.signing_keys, 'signing_keys', reading);
  return only(
    {
      ...none,
      imports: readAt(importList, data.imports, 'imports', reading),
      exports: readAt(exportList, data.exports, 'exports', reading),
      limits: { ...none.limits, subs, data: bytes, payload, imports, exports, wildcards, disallow_bearer, conn, leaf },
      signing_keys: new Map(keys.map((key) => [key, null])),
      revocations: readAt(revocations, data.revocations, 'revocations', reading),
    },
    [],
  );
}

const v1UserFields = struct(userLimitFields(-1));

function v1User(data: JsonObject, reading: Reading): Own<UserData> {
  const read = v1UserFields.read(data, reading);
  // Neither existed in v1, so neither is taken from a v1 token.
  return only({ ...read, allowed_connection_types: [] }, ['proxy_required']);
}

interface V1Activation {
  subject: string;
  type: ActivationData['kind'];
}

const v1ActivationFields = struct<V1Activation>({ subject: text, type: exportType });

function v1Activation(data: JsonObject, reading: Reading): Own<ActivationData> {
  const read = v1ActivationFields.read(data, reading);
  return { subject: read.subject, kind: read.type };
}

/** The data without what the envelope gives, and without `more`. */
function only<T extends object>(data: T, more: string[]): T {
  const rest = { ...data } as Record<string, unknown>;
  for (const name of ['tags', 'version', 'type', 'issuer_account', ...more]) delete rest[name];
  return rest as T;
}
