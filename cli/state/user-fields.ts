/** Users, and what of them is also the template of a role. */
import type {
  Permission,
  Permissions,
  ResponsePermission,
  TimeRange,
  UserPermissionLimits,
} from '../../claims/types.js';
import {
  anyText,
  type Codec,
  fieldsOf,
  flag,
  list,
  present,
  type RecordField,
  record,
  someText,
  text,
  texts,
} from './codec.js';
import { bound, bytes, count, publicKey, span } from './quantity.js';

const permissionFields = fieldsOf<Permission>();
const permission = record<Permission>({
  allow: permissionFields.may('allow', texts, 'Subjects allowed; none: all that is not denied.', []),
  deny: permissionFields.may('deny', texts, 'Subjects denied.', []),
});

const responseFields = fieldsOf<ResponsePermission>();
const responses = present(
  record<ResponsePermission>({
    max: responseFields.may('max', count, 'Replies to one request; 0: one.', 0),
    ttl: responseFields.may('ttl', span, 'How long replies may be sent; 0: two minutes.', 0),
  }),
);

const none: Permission = { allow: [], deny: [] };

function permissionsOf<R extends Permissions>(): Record<string, RecordField<R>> {
  const fields = fieldsOf<Permissions>();
  return {
    publish: fields.may('pub', permission, 'What may be published.', none),
    subscribe: fields.may('sub', permission, 'What may be subscribed to: subjects, or "subject queue".', none),
    responses: fields.may('resp', responses, 'Replies allowed to whoever sends a request, in spite of publish.'),
  } as unknown as Record<string, RecordField<R>>;
}

/** What users of an account may do who say nothing of their own. */
export const permissions = record<Permissions>(permissionsOf<Permissions>());

type Amounts = Pick<UserPermissionLimits, 'subs' | 'data' | 'payload'>;
/** Of a user the file may leave them open: a user of a role has none, others are unlimited. */
export type OpenLimits = Omit<UserPermissionLimits, keyof Amounts> & Partial<Amounts>;

const timeFields = fieldsOf<TimeRange>();
const timeRange = record<TimeRange>({
  start: timeFields.must('start', text, 'Time of day: 08:30:00.'),
  end: timeFields.must('end', text, 'Time of day; before the start: on the next day.'),
});

function limitsOf<R extends OpenLimits>(absent: number | undefined): Record<string, RecordField<R>> {
  const fields = fieldsOf<OpenLimits>();
  return {
    ...permissionsOf<OpenLimits>(),
    subscriptions: fields.may('subs', count, 'Subscriptions at a time. Default: unlimited.', absent),
    data: fields.may('data', bytes, 'Bytes in all. Default: unlimited.', absent),
    payload: fields.may('payload', bytes, 'Bytes of one message. Default: unlimited.', absent),
    sources: fields.may('src', texts, 'Networks it may come from: 10.0.0.0/8.', []),
    times: fields.may('times', list(timeRange), 'Times of day when it may be connected.', []),
    timeZone: fields.may('times_location', someText, 'Time zone of the times: Europe/Paris.'),
    bearer: fields.may('bearer_token', flag, 'The JWT alone lets in, without its key.'),
    proxyRequired: fields.may('proxy_required', flag, 'Only by way of a trusted proxy.'),
    connectionTypes: fields.may('allowed_connection_types', texts, 'STANDARD, WEBSOCKET, MQTT, ...; none: all.', []),
  } as unknown as Record<string, RecordField<R>>;
}

export const templateFields = limitsOf<UserPermissionLimits>(-1);

/** What a file says of any entity beside its own claims. */
export interface EntityDraft {
  key?: string;
  /** Where the JWT calls it otherwise than the store. */
  jwtName?: string;
  aud?: string;
  exp?: number;
  nbf?: number;
  tags?: string[];
}

export function entityFields<R extends EntityDraft>(
  kind: 'operator' | 'account' | 'user',
): Record<string, RecordField<R>> {
  const fields = fieldsOf<EntityDraft>();
  return {
    key: fields.may('key', publicKey(kind), 'Its public key. Left out: the one there is by this name, or a new one.'),
    jwtName: fields.may('jwtName', anyText, 'Name in its JWT, where that differs from the name in the store.'),
    audience: fields.may('aud', someText, 'Audience of its JWT.'),
    expires: fields.may('exp', bound, 'When it ends. Default: never.'),
    notBefore: fields.may('nbf', bound, 'When it begins to hold.'),
    tags: fields.may('tags', texts, 'Tags, in lower case: `team:payments`.'),
  } as unknown as Record<string, RecordField<R>>;
}

export interface UserDraft extends EntityDraft, OpenLimits {
  /** Of the signing key that signs it. */
  role?: string;
  /** The signing key itself, where its role does not name it. */
  signer?: string;
}

const userFields = fieldsOf<UserDraft>();

export const user: Codec<UserDraft> = record<UserDraft>({
  ...entityFields<UserDraft>('user'),
  role: userFields.may('role', someText, 'Role of the account whose key signs it: the role says what it may do.'),
  signer: userFields.may('signer', publicKey('account'), 'Key of the account that signs it. Default: one that may.'),
  ...limitsOf<UserDraft>(undefined),
});
