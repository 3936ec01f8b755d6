/** Account claims. */
import type {
  AccountData,
  AccountLimits,
  Export,
  ExportType,
  ExternalAuthorization,
  Import,
  JetStreamLimits,
  MsgTrace,
  ResponseType,
  ServiceLatency,
  UserScope,
  WeightedMapping,
} from '../types.js';
import {
  badClaim,
  compareBytes,
  constant,
  dictionary,
  type Field,
  type Fields,
  flag,
  goString,
  integer,
  list,
  optional,
  optionalFlag,
  optionalInteger,
  optionalText,
  optionalTexts,
  readAt,
  required,
  struct,
  text,
  texts,
  writtenInteger,
  writtenText,
} from './schema.js';
import { permissions, template, version } from './user-schema.js';

/** Go's reader refuses other values; an absent one, which its validation refuses, is refused here already. */
export const exportType: Field<ExportType> = {
  read: (json, reading) =>
    json === 'stream' || json === 'service' ? json : badClaim(reading, 'is neither "stream" nor "service"'),
  write: goString,
  omit: () => false,
};

/** Public key or `*` -> unix seconds. */
const revocations = dictionary(required(writtenInteger()));

/** Percent or "headers", which is 0 to Go. */
const sampling: Field<number | 'headers'> = {
  read: (json, reading) => {
    if (typeof json === 'string' && json.toLowerCase() === 'headers') return 'headers';
    return integer().read(json, reading) || 'headers';
  },
  write: (value) => (value === 'headers' || value === 0 ? '"headers"' : integer().write(value)),
  omit: () => false,
};

const importSchema = struct<Import>({
  name: optionalText,
  subject: text,
  account: text,
  token: optionalText,
  to: optionalText,
  local_subject: optionalText,
  type: exportType,
  share: optionalFlag,
  allow_trace: optionalFlag,
});

const exportSchema = struct<Export>({
  name: optionalText,
  subject: text,
  type: exportType,
  token_req: optionalFlag,
  revocations,
  // Any string is read, as Go does; validation knows the three.
  response_type: optionalText as Field<ResponseType | undefined>,
  response_threshold: optionalInteger(),
  service_latency: optional(struct<ServiceLatency>({ sampling, results: writtenText })),
  account_token_position: optionalInteger({ min: 0 }),
  advertise: optionalFlag,
  allow_trace: optionalFlag,
  description: optionalText,
  info_url: optionalText,
});

const jetStreamFields: Fields<JetStreamLimits> = {
  mem_storage: integer(),
  disk_storage: integer(),
  streams: integer(),
  consumer: integer(),
  max_ack_pending: integer(),
  mem_max_stream_bytes: integer(),
  disk_max_stream_bytes: integer(),
  max_bytes_required: flag,
};

const jetStreamLimits = struct<JetStreamLimits>(jetStreamFields);

/** Absent = 0, not unlimited. */
const limits = struct<AccountLimits>({
  subs: integer(),
  data: integer(),
  payload: integer(),
  imports: integer(),
  exports: integer(),
  wildcards: flag,
  disallow_bearer: flag,
  conn: integer(),
  leaf: integer(),
  ...jetStreamFields,
  tiered_limits: dictionary(jetStreamLimits),
});

/** Where tiers exist, Go's reader takes the flat JetStream limits for absent. */
const limitsOrTiers: Field<AccountLimits> = {
  ...limits,
  read: (json, reading) => {
    const read = limits.read(json, reading);
    return read.tiered_limits.size > 0 ? { ...read, ...jetStreamLimits.read(undefined, reading) } : read;
  },
};

const scope = struct<UserScope>({
  kind: constant('user_scope'),
  key: writtenText,
  role: writtenText,
  template,
  description: writtenText,
});

/** A mixed array on the wire: a plain key is a string, a scoped one an object. Written in the order of the keys. */
const signingKeys: Field<Map<string, UserScope | null>> = {
  read: (json, reading) => {
    const keys = new Map<string, UserScope | null>();
    if (json === undefined || json === null) return keys;
    if (!Array.isArray(json)) return badClaim(reading, 'is not a list');
    json.forEach((element: unknown, index) => {
      if (typeof element === 'string') {
        keys.set(element, null);
      } else {
        const scoped = readAt(required(scope), element, index, reading);
        keys.set(scoped.key, scoped);
      }
    });
    return keys;
  },
  write: (keys) => {
    const names = [...keys.keys()].sort(compareBytes);
    return `[${names
      .map((key) => {
        const scoped = keys.get(key);
        return scoped ? scope.write(scoped) : goString(key);
      })
      .join(',')}]`;
  },
  omit: (keys) => !keys?.size,
};

const weightedMapping = struct<WeightedMapping>({
  subject: writtenText,
  weight: optionalInteger({ min: 0, max: 255 }),
  cluster: optionalText,
});

const bySubject = (a: { subject: string }, b: { subject: string }): number => compareBytes(a.subject, b.subject);

export const importList = list(importSchema, bySubject);
export const exportList = list(exportSchema, bySubject);
export { limits as flatLimits, revocations };

export const account = struct<AccountData>({
  imports: importList,
  exports: exportList,
  limits: limitsOrTiers,
  signing_keys: signingKeys,
  revocations,
  default_permissions: permissions,
  mappings: dictionary(list(weightedMapping)),
  authorization: struct<ExternalAuthorization>({ auth_users: texts, allowed_accounts: texts, xkey: optionalText }),
  trace: optional(struct<MsgTrace>({ dest: text, sampling: optionalInteger() })),
  cluster_traffic: optionalText,
  description: optionalText,
  info_url: optionalText,
  tags: optionalTexts,
  type: constant('account'),
  version,
});
