import { type Static, Type } from 'typebox';
import type { Account } from '../../prisma/generated/client.js';
import { claimsJson } from '../audit/audit.js';
import { readStored } from '../store/read-stored.js';
import { closed, Id, Limit, Name, named, UnixSeconds } from './common.js';
import { RemoteKeyReference } from './key.js';
import { Announced } from './revocation.js';
import { Warnings } from './warning.js';

export const AccountItem = Type.Object(
  {
    publicKey: Id('Account key'),
    name: Type.String(),
    operator: Id('Operator key'),
    jti: Type.String({ description: 'Of the stored JWT; its ETag' }),
    issuedAt: UnixSeconds('Issue of the stored JWT'),
    version: Type.Integer({ description: 'Grows by one with every stored JWT' }),
    createdAt: UnixSeconds('First stored'),
    updatedAt: UnixSeconds('Last stored'),
  },
  named('Account'),
);

export const AccountDetail = Type.Object(
  {
    ...AccountItem.properties,
    claims: Type.Object({}, { additionalProperties: true, description: 'Of the JWT' }),
    jwt: Type.String(),
  },
  named('AccountDetail'),
);

export const ChangedAccount = Type.Object({ ...AccountDetail.properties, warnings: Warnings }, named('ChangedAccount'));

export const DeletedAccount = Type.Object(
  {
    account: Id('Account key'),
    name: Type.String(),
    deletedAt: UnixSeconds('Deletion'),
    users: Type.Integer({ description: 'Users made here that went with it' }),
    refusedUntil: UnixSeconds('JWTs of the account issued at or before it are refused'),
    announced: Announced,
  },
  named('DeletedAccount'),
);

export const NewAccount = Type.Object(
  {
    name: Name,
    operator: Type.Optional(Id('Operator key; may be left out where there is one operator')),
    publicKey: Type.Optional(Id('Of a key kept elsewhere; without it the service makes and keeps the keys')),
    remoteKey: Type.Optional(
      Type.Object(
        { identity: Type.Optional(RemoteKeyReference), signing: Type.Optional(RemoteKeyReference) },
        { ...closed, description: "Keys in Transit: the account's own, and a signing key for its users" },
      ),
    ),
    description: Type.Optional(Type.String({ maxLength: 8_192 })),
    limits: Type.Optional(
      Type.Object(
        {
          conn: Limit('Client connections; -1 = unlimited'),
          leaf: Limit('Leaf node connections'),
          subs: Limit('Subscriptions'),
          data: Limit('Bytes'),
          payload: Limit('Bytes of one message'),
          imports: Limit('Imports'),
          exports: Limit('Exports'),
          wildcards: Type.Optional(Type.Boolean({ description: 'Wildcard exports allowed' })),
          disallow_bearer: Type.Optional(Type.Boolean({ description: 'No bearer users' })),
          mem_storage: Limit('JetStream bytes in memory'),
          disk_storage: Limit('JetStream bytes on disk'),
          streams: Limit('JetStream streams'),
          consumer: Limit('JetStream consumers'),
        },
        closed,
      ),
    ),
  },
  named('NewAccount'),
);

export function accountItem(row: Account): Static<typeof AccountItem> {
  return {
    publicKey: row.key,
    name: row.name,
    operator: row.operatorKey,
    jti: row.jti,
    issuedAt: Number(row.iat),
    version: row.version,
    createdAt: Number(row.createdAt),
    updatedAt: Number(row.updatedAt),
  };
}

export function accountDetail(row: Account): Static<typeof AccountDetail> {
  const { token } = readStored('account', row);
  return { ...accountItem(row), claims: JSON.parse(claimsJson(token)) as Record<string, unknown>, jwt: token };
}
