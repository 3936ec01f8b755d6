import { type Static, Type } from 'typebox';
import type { AccountLimits, Permissions } from '../../claims/types.js';
import { closed, Id } from './common.js';
import { Subject } from './sharing.js';
import { Warnings } from './warning.js';

const Count = (description: string) =>
  Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER, description: `${description}; -1 = unlimited` });

const jetStreamFields = {
  mem_storage: Count('JetStream bytes in memory'),
  disk_storage: Count('JetStream bytes on disk'),
  streams: Count('JetStream streams'),
  consumer: Count('JetStream consumers'),
  max_ack_pending: Count('Unacknowledged messages of a consumer'),
  mem_max_stream_bytes: Count('Bytes of one stream in memory'),
  disk_max_stream_bytes: Count('Bytes of one stream on disk'),
  max_bytes_required: Type.Boolean({ description: 'Streams must say how large they may become' }),
};
const limitFields = {
  conn: Count('Client connections'),
  leaf: Count('Leaf node connections'),
  subs: Count('Subscriptions'),
  data: Count('Bytes'),
  payload: Count('Bytes of one message'),
  imports: Count('Imports'),
  exports: Count('Exports'),
  wildcards: Type.Boolean({ description: 'Wildcard exports allowed' }),
  disallow_bearer: Type.Boolean({ description: 'No bearer users' }),
  ...jetStreamFields,
};

export const Limits = Type.Object(
  {
    ...limitFields,
    tiered_limits: Type.Record(Type.String(), Type.Object(jetStreamFields, closed), {
      description: 'JetStream by tier (R1, R3); where there are tiers, the flat JetStream limits are 0',
    }),
  },
  closed,
);

const TierPatch = Type.Partial(Type.Object(jetStreamFields, closed));
export const LimitsPatch = Type.Object(
  {
    ...Type.Partial(Type.Object(limitFields, closed)).properties,
    tiered_limits: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Union([TierPatch, Type.Null()]), {
        description: 'By tier; what is not there stays, null removes the tier',
      }),
    ),
  },
  { ...closed, description: 'What is not there stays' },
);

const SubjectList = Type.Array(Subject('Subject; to subscribe also `SUBJECT QUEUE`'), { maxItems: 4_096 });
const Permission = Type.Object({ allow: SubjectList, deny: SubjectList }, closed);
export const DefaultPermissions = Type.Object(
  {
    pub: Permission,
    sub: Permission,
    resp: Type.Optional(
      Type.Object(
        {
          max: Type.Integer({ description: 'Messages allowed per request' }),
          ttl: Type.Integer({ description: 'Nanoseconds' }),
        },
        { ...closed, description: 'Answers to requests are allowed' },
      ),
    ),
  },
  closed,
);

export const AuthCallout = Type.Object(
  {
    auth_users: Type.Array(Id('User key'), {
      maxItems: 256,
      description: 'Users of the account that answer, and are let in without being asked about; none = no auth callout',
    }),
    allowed_accounts: Type.Array(Id('Account key, or `*`'), {
      maxItems: 1_024,
      description: 'Accounts that users may be put into',
    }),
    xkey: Type.Optional(Id('Curve key that requests are sealed for')),
  },
  closed,
);

export const Tracing = Type.Object(
  {
    dest: Subject('Where traces go'),
    sampling: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Percent; 0 or absent = 100' })),
  },
  closed,
);

export const Mapping = Type.Object(
  {
    subject: Subject('What is mapped; may have wildcards'),
    destinations: Type.Array(
      Type.Object(
        {
          subject: Subject('What it becomes'),
          weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Percent; absent = 100' })),
          cluster: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Only in this cluster' })),
        },
        closed,
      ),
      { minItems: 1, maxItems: 256 },
    ),
  },
  closed,
);

export const ChangedLimits = Type.Object({ ...Limits.properties, warnings: Warnings }, closed);
export const ChangedPermissions = Type.Object({ ...DefaultPermissions.properties, warnings: Warnings }, closed);
export const ChangedAuthCallout = Type.Object({ ...AuthCallout.properties, warnings: Warnings }, closed);
export const ChangedTracing = Type.Object({ ...Tracing.properties, warnings: Warnings }, closed);
export const ChangedMapping = Type.Object({ ...Mapping.properties, warnings: Warnings }, closed);

export function limitsOf({ tiered_limits, ...limits }: AccountLimits): Static<typeof Limits> {
  return { ...limits, tiered_limits: Object.fromEntries(tiered_limits) };
}

export function permissionsOf({ pub, sub, resp }: Permissions): Static<typeof DefaultPermissions> {
  return { pub, sub, ...(resp && { resp }) };
}
