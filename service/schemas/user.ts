import { type Static, Type } from 'typebox';
import type { User } from '../../prisma/generated/client.js';
import { readStored } from '../store/read-stored.js';
import { closed, Id, Limit, Name, UnixSeconds } from './common.js';
import { Warnings } from './warning.js';

export const UserItem = Type.Object(
  {
    publicKey: Id('User key'),
    name: Type.String(),
    account: Id('Account key'),
    issuedAt: UnixSeconds('Issue of its JWT'),
    expires: Type.Optional(UnixSeconds('Expiry of its JWT')),
    createdAt: UnixSeconds('Made'),
  },
  closed,
);

export const UserDetail = Type.Object({ ...UserItem.properties, jwt: Type.Optional(Type.String()) }, closed);

export const CreatedUser = Type.Object(
  {
    ...UserDetail.properties,
    warnings: Warnings,
    creds: Type.Optional(Type.String({ description: 'Given here once, kept nowhere' })),
  },
  closed,
);

const Subjects = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 4_096 }));
const SubjectLists = Type.Optional(Type.Object({ allow: Subjects, deny: Subjects }, closed));
export const NewUser = Type.Object(
  {
    name: Name,
    publicKey: Type.Optional(Id('Of a key kept elsewhere; without it a key is made and its creds are given once')),
    expires: Type.Optional(UnixSeconds('When the JWT ends')),
    bearer: Type.Optional(Type.Boolean({ description: 'The JWT alone connects, without its key' })),
    permissions: Type.Optional(
      Type.Object(
        {
          pub: SubjectLists,
          sub: SubjectLists,
          resp: Type.Optional(
            Type.Object(
              {
                max: Type.Integer({ description: 'Messages allowed per request' }),
                ttl: Type.Integer({ description: 'Nanoseconds' }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    limits: Type.Optional(
      Type.Object(
        { subs: Limit('Subscriptions'), data: Limit('Bytes'), payload: Limit('Bytes of one message') },
        closed,
      ),
    ),
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 256 })),
  },
  closed,
);

export function userItem(row: User): Static<typeof UserItem> {
  return {
    publicKey: row.key,
    name: row.name,
    account: row.accountKey,
    issuedAt: Number(row.iat),
    ...(row.exp !== null && { expires: Number(row.exp) }),
    createdAt: Number(row.createdAt),
  };
}

export function userDetail(row: User): Static<typeof UserDetail> {
  const { key, jwt } = row;
  return { ...userItem(row), ...(jwt !== null && { jwt: readStored('user', { key, jwt }).token }) };
}
