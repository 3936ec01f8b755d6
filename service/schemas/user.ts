import { type Static, Type } from 'typebox';
import { CONNECTION_TYPES } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import { userWarnings } from '../lint/warnings.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import { type CreatedUser as Created, MAX_CREDENTIALS_TTL } from '../users/create-user.js';
import { closed, Id, Limit, Name, named, UnixSeconds } from './common.js';
import { Announced } from './revocation.js';
import { type Warning, Warnings } from './warning.js';

export const UserItem = Type.Object(
  {
    publicKey: Id('User key'),
    name: Type.String(),
    account: Id('Account key'),
    issuedAt: UnixSeconds('Issue of its JWT'),
    expires: Type.Optional(UnixSeconds('Expiry of its JWT')),
    createdAt: UnixSeconds('Made'),
    role: Type.Optional(Type.String({ description: 'The role that gives its permissions and limits' })),
    disabledAt: Type.Optional(UnixSeconds('Disabled: its JWTs issued at or before it are void')),
  },
  named('User'),
);

export const UserDetail = Type.Object(
  { ...UserItem.properties, jwt: Type.Optional(Type.String()) },
  named('UserDetail'),
);

const Clamped = Type.Optional(
  Type.Object(
    {
      asked: Type.Optional(UnixSeconds('Expiry that was asked for; absent = never')),
      expires: UnixSeconds('Expiry that it got'),
      maxTtl: Type.Integer({ description: 'Seconds that the policy allows' }),
    },
    { ...closed, description: 'Where a policy made it end earlier than asked' },
  ),
);
const Creds = Type.Optional(Type.String({ description: 'Given here once, kept nowhere' }));

export const CreatedUser = Type.Object(
  { ...UserDetail.properties, warnings: Warnings, clamped: Clamped, creds: Creds },
  named('CreatedUser'),
);

const Supersedes = Type.Object(
  {
    publicKey: Id('User key'),
    jti: Type.String(),
    issuedAt: UnixSeconds('Issued'),
    expires: Type.Optional(UnixSeconds('Until when it is good where it is not revoked; absent = without end')),
    revoked: Type.Boolean({ description: 'False: it stays good, with the rights it has, wherever it lies' }),
  },
  { ...closed, description: 'The JWT whose place this one takes' },
);

export const ReissuedUser = Type.Object(
  { ...CreatedUser.properties, supersedes: Supersedes, announced: Announced },
  named('ReissuedUser'),
);

export const DisabledUser = Type.Object(
  { ...UserDetail.properties, revokedAt: UnixSeconds('JWTs issued at or before it are void'), announced: Announced },
  named('DisabledUser'),
);

export const EnabledUser = Type.Object(
  {
    ...UserDetail.properties,
    reissued: Type.Boolean({
      description:
        'Everyone was revoked meanwhile, or its signing key is gone: this JWT is new, those from before are void',
    }),
    announced: Announced,
  },
  named('EnabledUser'),
);

export const KeyProof = Type.Object(
  {
    challenge: Type.String({ maxLength: 512, description: 'As it was given' }),
    signature: Type.String({ maxLength: 128, description: 'Ed25519, over the text of the challenge; base64url' }),
  },
  { ...closed, description: 'That you hold the key' },
);
const Wanted = {
  publicKey: Type.Optional(Id('Of a key kept elsewhere; without it a key is made and its creds are given once')),
  proof: Type.Optional(KeyProof),
};

export const Role = Type.String({ minLength: 1, maxLength: 128, description: 'Name of a scoped signing key' });
const TimeOfDay = Type.String({ maxLength: 16, description: 'hh:mm:ss' });
const Subjects = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 4_096 }));
const SubjectLists = Type.Optional(Type.Object({ allow: Subjects, deny: Subjects }, closed));
const Claims = {
  name: Name,
  ...Wanted,
  role: Type.Optional(Role),
  notBefore: Type.Optional(UnixSeconds('When the JWT begins')),
  proxyRequired: Type.Optional(Type.Boolean({ description: 'Only through a trusted proxy' })),
  src: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1_024, description: 'Networks it may come from (CIDR)' }),
  ),
  times: Type.Optional(
    Type.Array(Type.Object({ start: TimeOfDay, end: TimeOfDay }, closed), {
      maxItems: 256,
      description: 'When it may connect; a start after its end crosses midnight',
    }),
  ),
  timesLocation: Type.Optional(Type.String({ maxLength: 128, description: 'Time zone of `times`: Europe/Paris' })),
  connectionTypes: Type.Optional(
    Type.Array(Type.String({ maxLength: 32 }), { maxItems: 32, description: CONNECTION_TYPES.join(', ') }),
  ),
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
    Type.Object({ subs: Limit('Subscriptions'), data: Limit('Bytes'), payload: Limit('Bytes of one message') }, closed),
  ),
  tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 256 })),
};

export const NewUser = Type.Object(
  { ...Claims, expires: Type.Optional(UnixSeconds('When the JWT ends; 0 = never; absent = what the policy says')) },
  named('NewUser'),
);

export const NewCredentials = Type.Object(
  {
    ...Claims,
    ttl: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_CREDENTIALS_TTL,
        description: 'Seconds that they hold; absent = what the policy says, or an hour',
      }),
    ),
    store: Type.Optional(Type.Boolean({ description: 'Also as a user of the lists' })),
  },
  named('NewCredentials'),
);

export const Reissue = Type.Object(
  {
    expires: Type.Optional(
      UnixSeconds('When the JWT ends; 0 = never; absent = it lives as long as the one before did'),
    ),
    revokeOlder: Type.Optional(Type.Boolean({ description: 'The JWTs from before are void at once' })),
    rotateKey: Type.Optional(Type.Boolean({ description: 'Another key; the old one is revoked' })),
    ...Wanted,
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
    ...(row.role !== null && { role: row.role }),
    ...(row.disabledAt !== null && { disabledAt: Number(row.disabledAt) }),
  };
}

export function userDetail(row: User): Static<typeof UserDetail> {
  const { key, jwt } = row;
  return { ...userItem(row), ...(jwt !== null && { jwt: readStored('user', { key, jwt }).token }) };
}

/** What was issued, with what is given once. */
export async function createdUser(service: Service, created: Created): Promise<Static<typeof CreatedUser>> {
  const [warnings = []] = await userWarnings(service, created.user.accountKey, [created]);
  return shownOnce(created, warnings);
}

/** As `createdUser`, of users of one account. */
export async function createdUsers(
  service: Service,
  account: string,
  created: Created[],
): Promise<Static<typeof CreatedUser>[]> {
  const warnings = await userWarnings(service, account, created);
  return created.map((one, at) => shownOnce(one, warnings[at] ?? []));
}

function shownOnce({ user, jwt, creds, clamped }: Created, warnings: Warning[]): Static<typeof CreatedUser> {
  return { ...userItem(user), jwt, warnings, ...(clamped && { clamped }), ...(creds !== undefined && { creds }) };
}
