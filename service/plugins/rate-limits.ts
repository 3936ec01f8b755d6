import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { Caller } from '../auth/rights.js';
import type { ServiceErrorCode } from '../errors.js';
import { routeOf } from '../http/route-of.js';
import { addressKey } from '../limits/address-key.js';
import { type Buckets, type Taken, tokenBuckets } from '../limits/token-bucket.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** As how many requests one counts: what takes long is not asked for as often as what is read in a moment. */
    cost?: number;
  }
}

/** Requests a second; 0 = no limit. */
export interface RateLimits {
  /** Of one caller: an access token, or an address without one. For everything but what `resolver` is for. */
  requests: number;
  /** Reads under /jwt of one address. None by default: nats-servers fetch every account at once when they start. */
  resolver: number;
  /** Failed authentications of one address, a minute. */
  failures: number;
}

/** The first is far above what one machine pushes (one signature check and one transaction each), and far below a flood. */
export const DEFAULT_RATE_LIMITS: RateLimits = { requests: 1_000, resolver: 0, failures: 60 };
/** How much of the long run may come at once, in seconds of it: a bulk of pushes is one burst. */
const BURST_SECONDS = 10;

/** Refuses with 429 whoever asks for too much. A request counts for its token once that is verified, until then for its address. */
export const rateLimits = fp<{ limits: RateLimits }>(
  async (app, { limits }) => {
    const requests = perSecond(limits.requests);
    const resolver = perSecond(limits.resolver);
    const failures =
      limits.failures > 0 ? tokenBuckets({ perSecond: limits.failures / 60, burst: limits.failures }) : null;

    const charge = (request: FastifyRequest, reply: FastifyReply, caller?: Caller | null) => {
      const resolves = isResolverRead(request);
      const [buckets, rate] = resolves ? [resolver, limits.resolver] : [requests, limits.requests];
      if (buckets === null || isProbe(request)) return null;
      const key = caller ? callerKey(request, caller) : addressKey(request.ip);
      const taken = buckets.take(key, request.routeOptions?.config.cost);
      tell(reply, resolves ? 'resolver' : 'requests', rate, taken);
      return taken.ok ? null : refusal(reply, taken, `more than ${rate} requests a second, as this one counts`);
    };

    // Who shows no token is known by the address. Who shows one is refused before it is verified where too many failed.
    app.addHook('onRequest', (request, reply, done) => {
      const shows = request.headers.authorization !== undefined;
      const left = shows || isSignIn(request) ? failures?.look(addressKey(request.ip)) : undefined;
      if (left?.ok === false) return done(refusal(reply, left, 'too many failed authentications from this address'));
      done(shows ? undefined : (charge(request, reply) ?? undefined));
    });

    // After the routes' own onRequest, which says who is calling.
    app.addHook('preParsing', (request, reply, _payload, done) => {
      if (request.headers.authorization === undefined) return done();
      const { caller } = request as Partial<Pick<FastifyRequest, 'caller'>>;
      done(charge(request, reply, caller));
    });

    app.addHook('onError', (request, _reply, error, done) => {
      if (failures !== null && isNatsctlError(error, ...FAILED)) failures.take(addressKey(request.ip));
      done();
    });
  },
  { name: 'rate-limits' },
);

/** Also a token without a role: anybody can have one of a public identity provider. */
const FAILED: ServiceErrorCode[] = [
  'ERR_AUTH_NO_ROLE',
  'ERR_AUTH_TOKEN_INVALID',
  'ERR_SESSION_CHALLENGE',
  'ERR_SESSION_KEY',
];

function isSignIn(request: FastifyRequest): boolean {
  return routeOf(request)?.startsWith('/api/v1/sessions') ?? false;
}

/** Tokens of one name may be of two tenants, so a token counts as itself; whoever signs in, however often, as who it is. */
export function callerKey({ headers }: Pick<FastifyRequest, 'headers'>, { actor }: Caller): string {
  if (!actor.startsWith('token:')) return actor;
  return createHash('sha256')
    .update(headers.authorization ?? '')
    .digest('base64url');
}

function perSecond(rate: number): Buckets | null {
  return rate > 0 ? tokenBuckets({ perSecond: rate, burst: rate * BURST_SECONDS }) : null;
}

function isResolverRead(request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && (routeOf(request)?.startsWith('/jwt/') ?? false);
}

/** An orchestrator that gets a 429 restarts what works. */
function isProbe(request: FastifyRequest): boolean {
  const url = routeOf(request);
  return url === '/livez' || url === '/readyz' || url === '/healthz';
}

/** draft-ietf-httpapi-ratelimit-headers-10: the policy (quota, window) and what is left of it. */
function tell(reply: FastifyReply, policy: string, rate: number, { remaining, fullIn }: Taken): void {
  reply.header('ratelimit-policy', `"${policy}";q=${rate * BURST_SECONDS};w=${BURST_SECONDS}`);
  reply.header('ratelimit', `"${policy}";r=${remaining};t=${fullIn}`);
}

function refusal(reply: FastifyReply, { retryAfter }: Taken, what: string): NatsctlError<ServiceErrorCode> {
  const seconds = Math.max(1, retryAfter);
  reply.header('retry-after', String(seconds));
  return new NatsctlError('ERR_RATE_LIMITED', what, {
    hint: `wait ${seconds} s (Retry-After), or ask whoever runs the service for a higher limit`,
    details: { retryAfter: seconds },
  });
}
