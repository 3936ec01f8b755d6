/** Accounts. */

import { Type } from 'typebox';
import { noJetStream, noPermissions } from '../../claims/jwt/new.js';
import type {
  AccountLimits,
  Export,
  ExternalAuthorization,
  Import,
  JetStreamLimits,
  MsgTrace,
  Permissions,
  ResponseType,
  ServiceLatency,
  UserPermissionLimits,
  WeightedMapping,
} from '../../claims/types.js';
import {
  anyText,
  type Codec,
  choice,
  dictionary,
  fault,
  fieldsOf,
  flag,
  list,
  orNothing,
  type RecordField,
  record,
  someText,
  texts,
} from './codec.js';
import { bound, bytes, count, GENERATE, integer, keyOrGenerate, publicKey, span, time } from './quantity.js';
import { type EntityDraft, entityFields, permissions, templateFields, type UserDraft, user } from './user-fields.js';

type Amounts = Omit<AccountLimits, keyof JetStreamLimits | 'tiered_limits'>;

export const NO_AMOUNTS: Amounts = {
  conn: -1,
  leaf: -1,
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  disallow_bearer: false,
};

const amountFields = fieldsOf<Amounts>();
const amounts = record<Amounts>({
  connections: amountFields.may('conn', count, 'Connections at a time.', -1),
  leafNodes: amountFields.may('leaf', count, 'Leaf nodes at a time.', -1),
  subscriptions: amountFields.may('subs', count, 'Subscriptions at a time.', -1),
  data: amountFields.may('data', bytes, 'Bytes in all.', -1),
  payload: amountFields.may('payload', bytes, 'Bytes of one message.', -1),
  exports: amountFields.may('exports', count, 'Exports.', -1),
  imports: amountFields.may('imports', count, 'Imports.', -1),
  wildcardExports: amountFields.may('wildcards', flag, 'Exports with wildcards are allowed.', true),
  disallowBearer: amountFields.may('disallow_bearer', flag, 'No bearer users.', false),
});

const jetStreamFields = fieldsOf<JetStreamLimits>();
const jetStreamLimits = {
  memory: jetStreamFields.may('mem_storage', bytes, 'Memory storage; 0: none.', 0),
  disk: jetStreamFields.may('disk_storage', bytes, 'Disk storage; 0: none.', 0),
  streams: jetStreamFields.may('streams', count, 'Streams.', 0),
  consumers: jetStreamFields.may('consumer', count, 'Consumers.', 0),
  maxAckPending: jetStreamFields.may('max_ack_pending', count, 'Most that a consumer may have unacknowledged.', 0),
  maxMemoryStream: jetStreamFields.may('mem_max_stream_bytes', bytes, 'Most that one stream takes of memory.', 0),
  maxDiskStream: jetStreamFields.may('disk_max_stream_bytes', bytes, 'Most that one stream takes of the disk.', 0),
  maxBytesRequired: jetStreamFields.may('max_bytes_required', flag, 'Streams must say how large they get.', false),
};

type JetStream = JetStreamLimits & Pick<AccountLimits, 'tiered_limits'>;

const jetStream = record<JetStream>({
  ...(jetStreamLimits as unknown as Record<string, RecordField<JetStream>>),
  tiers: fieldsOf<JetStream>().may(
    'tiered_limits',
    dictionary(record<JetStreamLimits>(jetStreamLimits)),
    'Limits by number of replicas (R1, R3), instead of those above.',
    new Map(),
  ),
});

const type = choice('stream', 'service');

const latencyFields = fieldsOf<ServiceLatency>();
const sampling: Codec<number | 'headers'> = {
  schema: (options) => Type.Union([Type.Integer(), Type.Literal('headers')], options),
  read: (value, reading) => (value === 'headers' ? value : integer.read(value, reading)),
  write: (value) => value,
};

const exportFields = fieldsOf<Export>();
const exported = record<Export>({
  subject: exportFields.must('subject', someText, 'What is exported.'),
  type: exportFields.must('type', type, 'A stream of messages, or a service that answers requests.'),
  name: exportFields.may('name', someText, 'Name for people.'),
  private: exportFields.may('token_req', flag, 'Importers need an activation.'),
  accountTokenPosition: exportFields.may('account_token_position', integer, 'Which `*` (from 1) is the importer.'),
  responseType: exportFields.may(
    'response_type',
    choice<ResponseType>('Singleton', 'Stream', 'Chunked'),
    'How a service answers.',
  ),
  responseThreshold: exportFields.may('response_threshold', span, 'How long a service may take to answer.'),
  latency: exportFields.may(
    'service_latency',
    record<ServiceLatency>({
      sampling: latencyFields.must('sampling', sampling, 'Percent of the requests, or headers.'),
      results: latencyFields.must('results', anyText, 'Subject of the measurements.'),
    }),
    'Measures how long a service takes.',
  ),
  allowTrace: exportFields.may('allow_trace', flag, 'Traces go into the service.'),
  advertise: exportFields.may('advertise', flag, 'It may be shown to others.'),
  description: exportFields.may('description', someText, 'What it is.'),
  infoUrl: exportFields.may('info_url', someText, 'Where more is said of it.'),
  revocations: exportFields.may(
    'revocations',
    dictionary(time),
    'Importers (name, public key or *) whose activations are void up to a time.',
    new Map(),
  ),
});

/** An import as the file has it: `account` may be a name, and its activation may be one that is made. */
export interface ImportDraft extends Omit<Import, 'token'> {
  /** Text of a token, or `auto`. */
  activation?: string;
  activationExpires?: number;
}

/** Written where the activation is to be made (or kept, where the one there is will do). */
export const AUTO = 'auto';

const importFields = fieldsOf<ImportDraft>();
const imported = record<ImportDraft>({
  subject: importFields.must(
    'subject',
    someText,
    'What is imported; {{account-subject()}} is the key of this account.',
  ),
  type: importFields.must('type', type, 'As it is exported.'),
  account: importFields.must(
    'account',
    someText,
    'Account that exports it: a name of this file or store, or a public key.',
  ),
  name: importFields.may('name', someText, 'Name for people.'),
  localSubject: importFields.may(
    'local_subject',
    someText,
    'What it is called here; $1 is the first `*` of the subject.',
  ),
  to: importFields.may('to', someText, 'Deprecated form of localSubject.'),
  activation: importFields.may('activation', someText, 'Of a private export: auto, or the text of a token.'),
  activationExpires: importFields.may('activationExpires', bound, 'When an activation that is made ends.'),
  share: importFields.may('share', flag, 'The service is told who asks.'),
  allowTrace: importFields.may('allow_trace', flag, 'Traces come with the stream.'),
});

const mappingFields = fieldsOf<WeightedMapping>();
const mappingRecord = record<WeightedMapping>({
  subject: mappingFields.must('subject', anyText, 'What it is published as.'),
  weight: mappingFields.may('weight', integer, 'Percent of the messages. Default: 100.'),
  cluster: mappingFields.may('cluster', someText, 'Only in this cluster.'),
});
/** A bare subject where there is nothing more to say. */
const mapping: Codec<WeightedMapping> = {
  schema: (options) => Type.Union([Type.String(), mappingRecord.schema()], options),
  read: (value, reading) => (typeof value === 'string' ? { subject: value } : mappingRecord.read(value, reading)),
  write: (value) =>
    value.weight === undefined && value.cluster === undefined ? value.subject : mappingRecord.write(value),
};

/** A signing key; `template` is that of its role. */
export interface SigningKeyDraft {
  /** Undefined: the key of this role that is there, or a new one. */
  key?: string;
  scope?: { role: string; description: string; template: UserPermissionLimits };
}

type RoleDraft = UserPermissionLimits & { key?: string; role?: string; description?: string };
const roleFields = fieldsOf<RoleDraft>();
const roleRecord = record<RoleDraft>({
  role: roleFields.may('role', someText, 'What users name it by.'),
  key: roleFields.may('key', publicKey('account'), 'Its public key. Left out: the key of this role, or a new one.'),
  description: roleFields.may('description', anyText, 'What it is for.'),
  ...(templateFields as unknown as Record<string, RecordField<RoleDraft>>),
});

const roleOrKey = { anyOf: [{ required: ['role'] }, { required: ['key'] }] };
const plainKey = keyOrGenerate('account');
const signingKey: Codec<SigningKeyDraft> = {
  schema: (options) => Type.Union([plainKey.schema(), roleRecord.schema(roleOrKey)], options),
  read: (value, reading) => {
    if (typeof value === 'string') {
      const key = plainKey.read(value, reading);
      return key === undefined ? undefined : key === GENERATE ? {} : { key };
    }
    if (!(value instanceof Map)) return fault(reading, 'must be a public key, generate, or a mapping with a role');
    const read = roleRecord.read(value, reading);
    if (read === undefined) return undefined;
    const { key, role = '', description = '', ...template } = read;
    if (role === '' && key === undefined) return fault(reading, 'needs a role or a key');
    return { ...(key !== undefined && { key }), scope: { role, description, template } };
  },
  write: ({ key, scope }) => {
    if (scope === undefined) return key ?? GENERATE;
    const { role, description, template } = scope;
    return roleRecord.write({
      ...template,
      ...(key !== undefined && { key }),
      ...(role !== '' && { role }),
      ...(description !== '' && { description }),
    });
  },
};

export interface AccountDraft extends EntityDraft {
  description?: string;
  info_url?: string;
  cluster_traffic?: string;
  signing_keys: SigningKeyDraft[];
  amounts: Amounts;
  jetStream: JetStream;
  default_permissions: Permissions;
  exports: Export[];
  imports: ImportDraft[];
  mappings: Map<string, WeightedMapping[]>;
  authorization: ExternalAuthorization;
  trace?: MsgTrace;
  revocations: Map<string, number>;
  users: Map<string, UserDraft>;
}

const calloutFields = fieldsOf<ExternalAuthorization>();
const traceFields = fieldsOf<MsgTrace>();
const accountFields = fieldsOf<AccountDraft>();

export const account: Codec<AccountDraft> = record<AccountDraft>({
  ...entityFields<AccountDraft>('account'),
  description: accountFields.may('description', someText, 'What it is for.'),
  infoUrl: accountFields.may('info_url', someText, 'Where more is said of it.'),
  signingKeys: accountFields.may(
    'signing_keys',
    list(signingKey),
    'Keys that sign its users: public keys, `generate`, or roles.',
    [],
  ),
  limits: accountFields.may('amounts', amounts, 'What it may use of servers.', NO_AMOUNTS),
  jetStream: accountFields.may('jetStream', jetStream, 'JetStream; nothing said: off.', {
    ...noJetStream(),
    tiered_limits: new Map(),
  }),
  defaultPermissions: accountFields.may(
    'default_permissions',
    permissions,
    'What its users may do who have no permissions of their own.',
    noPermissions(),
  ),
  exports: accountFields.may('exports', list(exported), 'What other accounts may import.', []),
  imports: accountFields.may('imports', list(imported), 'What it uses of other accounts.', []),
  mappings: accountFields.may('mappings', dictionary(list(mapping)), 'Subjects published as other ones.', new Map()),
  authCallout: accountFields.may(
    'authorization',
    record<ExternalAuthorization>({
      users: calloutFields.may('auth_users', texts, 'Users who decide: names of this account, or public keys.', []),
      accounts: calloutFields.may('allowed_accounts', texts, 'Where users may be put: names, public keys, or *.', []),
      xkey: calloutFields.may('xkey', keyOrGenerate('curve'), 'Key that requests are sealed for.'),
    }),
    'A service of yours decides who comes in.',
    { auth_users: [], allowed_accounts: [] },
  ),
  trace: accountFields.may(
    'trace',
    record<MsgTrace>({
      destination: traceFields.must('dest', anyText, 'Subject that traces are sent to.'),
      sampling: traceFields.may('sampling', integer, 'Percent of the messages. Default: 100.'),
    }),
    'Traces messages that carry a trace parent.',
  ),
  clusterTraffic: accountFields.may('cluster_traffic', someText, 'Whose account carries traffic between servers.'),
  revocations: accountFields.may(
    'revocations',
    dictionary(time),
    'Users (public key, name or *) whose JWTs are void up to a time.',
    new Map(),
  ),
  users: accountFields.may('users', dictionary(orNothing(user)), 'Users, by name.', new Map()),
});
