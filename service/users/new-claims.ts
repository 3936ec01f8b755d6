import type { Unsigned } from '../../claims/jwt/encode.js';
import { newScopedUser, newUser } from '../../claims/jwt/new.js';
import type { Permissions, TimeRange, UserClaims } from '../../claims/types.js';

/** What a new user may do, in the words of the REST API. */
export interface WantedClaims {
  name: string;
  /** Name of a scoped signing key, which gives the permissions and limits. */
  role?: string;
  /** Unix seconds; 0 = never. */
  expires?: number;
  notBefore?: number;
  bearer?: boolean;
  proxyRequired?: boolean;
  permissions?: { pub?: Partial<Permissions['pub']>; sub?: Partial<Permissions['sub']>; resp?: Permissions['resp'] };
  limits?: { subs?: number; data?: number; payload?: number };
  /** Networks it may come from (CIDR). */
  src?: string[];
  times?: TimeRange[];
  timesLocation?: string;
  connectionTypes?: string[];
  tags?: string[];
}

/** The claims of a new user. Of a role: with nothing but what was asked for, which is then refused by name. */
export function newClaims(key: string, accountKey: string, wanted: WantedClaims): Unsigned<UserClaims> {
  const claims = wanted.role === undefined ? newUser(key, wanted.name) : newScopedUser(key, wanted.name, accountKey);
  const { nats } = claims;
  const { pub, sub, resp } = wanted.permissions ?? {};
  Object.assign(nats.pub, pub);
  Object.assign(nats.sub, sub);
  Object.assign(nats, wanted.limits);
  if (resp) nats.resp = resp;
  if (wanted.src) nats.src = wanted.src;
  if (wanted.times) nats.times = wanted.times;
  if (wanted.timesLocation !== undefined) nats.times_location = wanted.timesLocation;
  if (wanted.connectionTypes) nats.allowed_connection_types = wanted.connectionTypes;
  if (wanted.bearer !== undefined) nats.bearer_token = wanted.bearer;
  if (wanted.proxyRequired !== undefined) nats.proxy_required = wanted.proxyRequired;
  if (wanted.tags) nats.tags = wanted.tags;
  if (wanted.expires) claims.exp = wanted.expires;
  if (wanted.notBefore) claims.nbf = wanted.notBefore;
  return claims;
}

/** Where the REST API's words stand for claims, longest first. */
const PLACES: readonly (readonly [claim: string, wanted: string])[] = [
  ['/nats/allowed_connection_types', '/connectionTypes'],
  ['/nats/times_location', '/timesLocation'],
  ['/nats/proxy_required', '/proxyRequired'],
  ['/nats/bearer_token', '/bearer'],
  ['/nats/payload', '/limits/payload'],
  ['/nats/data', '/limits/data'],
  ['/nats/subs', '/limits/subs'],
  ['/nats/pub', '/permissions/pub'],
  ['/nats/sub', '/permissions/sub'],
  ['/nats/resp', '/permissions/resp'],
  ['/nats/times', '/times'],
  ['/nats/src', '/src'],
  ['/nats/tags', '/tags'],
  ['/exp', '/expires'],
  ['/nbf', '/notBefore'],
];

/** The pointer into the request that a claim came from. */
export function requestPointer(path: string): string {
  const place = PLACES.find(([claim]) => path === claim || path.startsWith(`${claim}/`));
  return place ? place[1] + path.slice(place[0].length) : path;
}
