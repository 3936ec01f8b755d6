/** User claims, and what of them is also the template of a scoped signing key. */
import type {
  Permission,
  Permissions,
  ResponsePermission,
  TimeRange,
  UserData,
  UserPermissionLimits,
} from '../types.js';
import {
  constant,
  type Field,
  type Fields,
  integer,
  list,
  optional,
  optionalFlag,
  optionalText,
  optionalTexts,
  struct,
  text,
  texts,
  writtenInteger,
} from './schema.js';

const permission = struct<Permission>({ allow: texts, deny: texts });

const responsePermission = struct<ResponsePermission>({ max: writtenInteger(), ttl: writtenInteger() });

const permissionFields: Fields<Permissions> = { pub: permission, sub: permission, resp: optional(responsePermission) };

/** An account's `default_permissions`. */
export const permissions = struct<Permissions>(permissionFields);

/** A list, or (older writers) one string with commas; then trimmed, lower-cased, without duplicates, as Go does. */
const cidrList: Field<string[]> = {
  ...texts,
  read: (json, reading) => {
    if (typeof json !== 'string') return texts.read(json, reading);
    const cidrs = json.split(',').map((cidr) => cidr.trim().toLowerCase());
    return [...new Set(cidrs)].filter((cidr) => cidr !== '');
  },
};

/** Absent `subs`, `data` and `payload` are 0 in a user (and block it), but -1 in a template and in v1. */
export function userLimitFields(absentLimit: 0 | -1): Fields<UserPermissionLimits> {
  const limit = integer({ absent: absentLimit });
  return {
    ...permissionFields,
    src: cidrList,
    times: list(struct<TimeRange>({ start: text, end: text })),
    times_location: optionalText,
    subs: limit,
    data: limit,
    payload: limit,
    bearer_token: optionalFlag,
    proxy_required: optionalFlag,
    allowed_connection_types: texts,
  };
}

/** The template of a scoped signing key. */
export const template = struct<UserPermissionLimits>(userLimitFields(-1));

export const version: Field<number> = { ...integer(), write: () => '2', omit: () => false };

export const user = struct<UserData>({
  ...userLimitFields(0),
  issuer_account: optionalText,
  tags: optionalTexts,
  type: constant('user'),
  version,
});
