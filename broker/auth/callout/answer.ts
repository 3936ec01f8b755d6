import type { NatsctlError } from '../../../claims/errors.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { open } from '../../../claims/keys/curve.js';
import { checkConnectionType } from '../../../claims/trust/connection-type.js';
import { checkProxy } from '../../../claims/trust/proxy.js';
import type { AuthorizationResponseClaims, Decoded, UserClaims, UserPermissionLimits } from '../../../claims/types.js';
import { validate } from '../../../claims/validate/validate.js';
import type { Account } from '../../account/account.js';
import { isExpired } from '../../account/apply.js';
import { MAX_CALLOUT_ANSWER } from '../../limits.js';
import { unixNow } from '../../timer.js';
import { comesAtAllowedTime, comesFromAllowedSource } from '../operator-steps.js';
import { type Principal, principalOf } from '../principal.js';
import { refused } from '../refusal.js';
import type { ConfigRealm, OperatorRealm } from '../settings.js';
import type { Callout } from './callout.js';

/** How every JWT of ours begins; anything else is a sealed answer (nats-server jwtPrefix). */
const JWT_START = 'eyJ';

/**
 * Makes of the connection who the service says it is. First nats-server's checks in its order (auth_callout.go), then those it leaves out for
 * such users and makes for every other one: network, connection type, bearer, revocation.
 */
export async function acceptAnswer(callout: Callout, answer: Buffer): Promise<void> {
  const { attempt, userKey } = callout;
  const user = decodeAs('user', userTokenOf(callout, answer));
  const { claims } = user;
  checkProxy(claims.nats, attempt.proxied);
  refuseIssues(claims, 'Error validating user JWT');
  if (claims.sub !== userKey) throw denied(`Expected authorized user of "${userKey}" but got "${claims.sub}"`);
  const { realm } = attempt.connection.broker.auth;
  if (realm.kind === 'operator') await placeByOperator(callout, user, realm);
  else placeByConfig(callout, claims, realm);
  attempt.expires = claims.exp || null;
  const { limits } = attempt.user as Principal;
  checkProxy(limits, attempt.proxied);
  checkConnectionType(limits, attempt.connection.type);
  comesFromAllowedSource(attempt);
  comesAtAllowedTime(attempt);
  // The JWT it came with says nothing of who it is now.
  attempt.connection.options.jwt = '';
}

/** The user JWT within the answer. */
function userTokenOf({ attempt, account, userKey, xkey }: Callout, answer: Buffer): string {
  const { broker } = attempt.connection;
  if (answer.length === 0) throw denied(`Auth callout violation: "no reason supplied" on account "${account.id}"`);
  if (answer.length > MAX_CALLOUT_ANSWER) throw denied('Auth callout violation: the response is too long');
  const sealed = xkey !== null && answer.toString('latin1', 0, JWT_START.length) !== JWT_START;
  const bytes = xkey !== null && sealed ? open(broker.curveKey, xkey, answer) : answer;
  const { claims } = decodeAs('authorization_response', Buffer.from(bytes).toString('latin1').trim());
  refuseIssues(claims, 'Authorization response had validation errors');
  if (claims.sub !== userKey) throw denied('Auth callout violation: auth callout response is not for expected user');
  if (claims.aud !== broker.serverId) throw denied('Auth callout violation: auth callout response is not for server');
  if (claims.nats.error) throw denied(`Auth callout service returned an error: ${claims.nats.error}`);
  if (broker.auth.realm.kind === 'operator' && !sealed) checkSigner(claims, account);
  return claims.nats.jwt ?? '';
}

/** Also who signed is asked where the answer names an account: nats-server then takes its word. */
function checkSigner({ iss, nats }: AuthorizationResponseClaims, { id, verified }: Account): void {
  const known = (key: string): boolean => key === id || verified.claims.nats.signing_keys.has(key);
  if (!known(iss) || (nats.issuer_account !== undefined && nats.issuer_account !== id)) {
    throw denied('Auth callout signing key is unknown');
  }
}

async function placeByOperator(callout: Callout, user: Decoded<UserClaims>, { pinned }: OperatorRealm): Promise<void> {
  const { attempt, account } = callout;
  const { broker } = attempt.connection;
  const target = user.claims.nats.issuer_account ?? user.claims.iss;
  const { allowed_accounts: allowed } = account.verified.claims.nats.authorization;
  const any = allowed.length === 1 && allowed[0] === '*';
  if (target !== account.id && !any && !allowed.includes(target)) {
    throw denied(
      `Account "${target}" not permitted as valid account option for auth callout for account "${account.id}"`,
    );
  }
  if (pinned !== null && !pinned.has(target))
    throw refused('ERR_CONNECT_PINNED', 'the account is not one of the pinned ones');
  const found = await broker.accounts.lookup(target);
  if (isExpired(found)) throw refused('ERR_CONNECT_ACCOUNT_EXPIRED', 'the account has expired');
  const verified = broker.users.verify(user, found.verified, unixNow());
  attempt.account = found;
  attempt.user = shownAs(principalOf(verified), attempt.user, user.claims);
}

/** The issuer is the one configured; the audience says which account. */
function placeByConfig(callout: Callout, claims: UserClaims, realm: ConfigRealm): void {
  const { attempt, account } = callout;
  const { issuer = '' } = realm.callout ?? {};
  if (claims.nats.issuer_account !== undefined) {
    throw denied(`Error non operator mode account "${account.id}": attempted to use issuer_account`);
  }
  if (claims.iss !== issuer) {
    throw denied(
      `Wrong issuer for auth callout response on account "${account.id}", expected "${issuer}" got "${claims.iss}"`,
    );
  }
  const target = attempt.connection.broker.accounts.get(claims.aud ?? '');
  if (target === undefined) throw denied(`No valid account for auth callout response on account "${account.id}"`);
  const { issuer_account: _account, tags: _tags, type: _type, version: _version, ...limits } = claims.nats;
  attempt.account = target;
  attempt.user = shownAs(configuredPrincipal(claims, limits), attempt.user, claims);
}

function configuredPrincipal({ sub: id, iss: issuer }: UserClaims, limits: UserPermissionLimits): Principal {
  return { id, name: '', tags: [], issuer, limits, verified: null };
}

/** Events and monitoring call it by the name that the service gives it; name and tags of the JWT it came with stay, as with nats-server. */
function shownAs(user: Principal, before: Principal | null, { name }: UserClaims): Principal {
  return { ...user, id: name || user.id, name: before?.name ?? '', tags: before?.tags ?? [] };
}

/** nats-server takes no answer with any issue, time included; our own warnings are none of its. */
function refuseIssues(claims: UserClaims | AuthorizationResponseClaims, what: string): void {
  const issue = validate(claims, unixNow()).find(({ level }) => level !== 'warning');
  if (issue !== undefined) throw denied(`${what}: ${issue.message}`);
}

function denied(message: string): NatsctlError {
  return refused('ERR_CONNECT_CALLOUT', message);
}
