import { Type } from 'typebox';
import type { Step as ClaimsStep } from '../../claims/explain/step.js';
import type { ClaimKind } from '../../claims/types.js';
import { closed, Id } from './common.js';

type Outcome = ClaimsStep['outcome'];

const Step = Type.Object(
  {
    outcome: Type.Unsafe<Outcome>(
      Type.Enum(['pass', 'fail', 'unknown', 'warn', 'info'], {
        description: '`unknown`: would decide, but is not known here',
      }),
    ),
    check: Type.String({ description: 'Stable name of what is looked at, like `user.revoked`' }),
    token: Type.Optional(
      Type.Object(
        {
          kind: Type.Unsafe<ClaimKind>(Type.String()),
          key: Id('Whose'),
          path: Type.String({ description: 'JSON pointer into its claims' }),
        },
        { ...closed, description: 'The JWT that decides' },
      ),
    ),
    crosses: Type.Optional(Id('Another account that the message tells of')),
    message: Type.String(),
    code: Type.Optional(Type.String()),
    hint: Type.Optional(Type.String()),
  },
  closed,
);

export const Answer = Type.Object(
  {
    action: Type.String(),
    subject: Type.String(),
    user: Id('User key'),
    userName: Type.Union([Type.String(), Type.Null()]),
    account: Id('Account key'),
    answer: Type.Union([Type.Literal('yes'), Type.Literal('no'), Type.Literal('sometimes')]),
    steps: Type.Array(Step),
    depends: Type.Array(Type.String(), { description: 'What the JWTs do not decide: it holds if these do' }),
  },
  closed,
);

export const Diagnosis = Type.Object(
  {
    ok: Type.Boolean({ description: 'Nothing failed' }),
    user: Type.Union([Type.String(), Type.Null()]),
    account: Type.Union([Type.String(), Type.Null()]),
    examinations: Type.Array(
      Type.Object({ source: Type.String(), where: Type.String(), steps: Type.Array(Step) }, closed),
    ),
  },
  closed,
);

const Ip = Type.Optional(Type.String({ maxLength: 64, description: 'Address the user connects from' }));
const UserQuery = {
  user: Type.String({ minLength: 1, maxLength: 200, description: 'User key; or the name, with `account`' }),
  account: Type.Optional(Id('Account key')),
  ip: Ip,
};

export const Question = Type.Object(
  {
    ...UserQuery,
    action: Type.Union([Type.Literal('pub'), Type.Literal('sub'), Type.Literal('request')], {
      description: 'What the user wants to do',
    }),
    subject: Type.String({ minLength: 1, maxLength: 1_024, description: 'With which subject' }),
    queue: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Queue group to subscribe in' })),
    inbox: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Prefix of reply subjects; default _INBOX' }),
    ),
    cluster: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Cluster of the server, for mappings' }),
    ),
  },
  closed,
);

export const Complaint = Type.Object(UserQuery, closed);

export const PostedComplaint = Type.Object(
  {
    // A creds file has a seed in it, which has no business here.
    jwt: Type.String({
      maxLength: 131_072,
      pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
      description: 'Of the user, without the seed',
    }),
    ip: Ip,
  },
  closed,
);
