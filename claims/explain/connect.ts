/**
 * Would a server let this user in? Every check of nats-server's connect chain in its order, each on its own, so that all of
 * what is wrong shows and not only the first: to the client they are all "Authorization Violation".
 */
import { isRevoked } from '../account/revocation.js';
import { isNatsctlError } from '../errors.js';
import { isExpired, isTooEarly, timeText, verifyAccount } from '../trust/account.js';
import { checkConnectionType } from '../trust/connection-type.js';
import { describeIssues } from '../trust/errors.js';
import { checkSource } from '../trust/source.js';
import { checkTimes } from '../trust/times.js';
import { hasNothingOfItsOwn, scopeOfKey, type VerifiedUser, verifyUser } from '../trust/user.js';
import type { AccountClaims, ConnectionType, Decoded, UserClaims, UserPermissionLimits } from '../types.js';
import { validate } from '../validate/validate.js';
import type { Realm } from './realm.js';
import type { Step } from './step.js';

/** What the JWTs do not say. */
export interface Circumstances {
  /** Default: STANDARD. */
  type?: ConnectionType;
  /** Where the connection comes from; absent = not known. */
  ip?: string;
  /** Public key of the seed that answers the server's nonce; absent = not looked at. */
  signsWith?: string;
}

export interface Admission {
  steps: Step[];
  /** Null where something fails. */
  user: VerifiedUser | null;
}

export function explainConnect(jwt: Decoded<UserClaims>, realm: Realm, circumstances: Circumstances = {}): Admission {
  const { claims } = jwt;
  const accountId = claims.nats.issuer_account ?? claims.iss;
  const ofUser = checker('user', claims.sub);
  const ofAccount = checker('account', accountId);
  const steps: Step[] = [
    ofUser('user.jwt', '', 'the user JWT is readable and its signature good'),
    ...userClaims(claims, realm.now, ofUser),
  ];
  const account = realm.find(accountId);
  if (account === undefined) {
    steps.push({
      ...ofAccount('account.known', '', `the account ${accountId}, which the user names, is not known here`),
      outcome: 'fail',
      code: 'ERR_ACCOUNT_UNKNOWN',
      hint: 'push the account to where servers get it, or look where it is held',
    });
    return { steps, user: null };
  }
  const strict = realm.trusted.keys.get(account.claims.iss)?.strict === true;
  steps.push(ofAccount('account.known', '', `the account ${nameOf(account.claims)} is known`));
  steps.push(...accountClaims(account.claims, realm, ofAccount));
  const found = signerSteps(claims, { claims: account.claims, strict }, ofUser, ofAccount);
  steps.push(...found.steps);
  const verified = verify(jwt, account, realm);
  const limits = verified.user?.limits ?? found.limits;
  steps.push(...policySteps(claims, account.claims, limits, ofUser, ofAccount));
  steps.push(...circumstanceSteps(claims, account.claims, limits, realm.now, circumstances, ofUser, ofAccount));
  if (verified.error !== null && !steps.some(({ outcome }) => outcome === 'fail')) {
    // The law has the last word, should it see what is not shown above.
    steps.push(ofUser('user.verified', '', '', verified.error));
  }
  return { steps, user: steps.some(({ outcome }) => outcome === 'fail') ? null : verified.user };
}

type Check = (check: string, path: string, message: string, error?: unknown) => Step;

/** A step about one token: passed, or failed by what was thrown. */
function checker(kind: 'user' | 'account', key: string): Check {
  return (check, path, message, error) => {
    const token = { kind, key, path };
    if (error === undefined) return { outcome: 'pass', check, token, message };
    if (!isNatsctlError(error)) throw error;
    const { code, hint } = error;
    return { outcome: 'fail', check, token, message: error.message, code, ...(hint !== undefined && { hint }) };
  };
}

function fault(step: Step, code: string, message: string, hint: string): Step {
  return { ...step, outcome: 'fail', code, message, hint };
}

function userClaims(claims: UserClaims, now: number, of: Check): Step[] {
  const valid = of('user.valid', '', 'its claims keep the rules');
  const blocking = validate(claims, now).filter(({ level }) => level === 'error');
  const time = of('user.time', '/exp', claims.exp ? `it is valid until ${timeText(claims.exp)}` : 'it does not expire');
  const again = 'issue a new JWT for the user';
  return [
    blocking.length === 0
      ? valid
      : fault(
          { ...valid, token: { kind: 'user', key: claims.sub, path: blocking[0]?.path ?? '' } },
          'ERR_USER_INVALID',
          describeIssues(blocking).text,
          again,
        ),
    isExpired(claims, now)
      ? fault(time, 'ERR_USER_EXPIRED', `it expired at ${timeText(claims.exp)}`, again)
      : isTooEarly(claims, now)
        ? fault(
            time,
            'ERR_USER_NOT_YET_VALID',
            `it is not valid before ${timeText(claims.nbf)}`,
            'wait, or issue another',
          )
        : claims.exp === now
          ? fault(time, 'ERR_CONNECT_USER_EXPIRED', 'it expires this second', again)
          : time,
  ];
}

function accountClaims(claims: AccountClaims, { trusted, now }: Realm, of: Check): Step[] {
  const signer = trusted.keys.get(claims.iss);
  const trust = of('account.trusted', '/iss', `it is signed by a key of operator ${signer?.operator.name ?? ''}`);
  const valid = of('account.valid', '', 'its claims keep the rules');
  const blocking = validate(claims, now).filter(({ level }) => level === 'error');
  const time = of(
    'account.time',
    '/exp',
    claims.exp ? `it is valid until ${timeText(claims.exp)}` : 'it does not expire',
  );
  const edit = 'have the operator sign it again';
  return [
    signer === undefined
      ? fault(trust, 'ERR_ACCOUNT_UNTRUSTED', `it is signed by ${claims.iss}, which servers do not trust`, edit)
      : trust,
    blocking.length === 0
      ? valid
      : fault(valid, 'ERR_ACCOUNT_INVALID', describeIssues(blocking).text, 'correct the account and push it'),
    isExpired(claims, now)
      ? fault(time, 'ERR_ACCOUNT_EXPIRED', `it expired at ${timeText(claims.exp)}`, edit)
      : isTooEarly(claims, now)
        ? fault(time, 'ERR_ACCOUNT_NOT_YET_VALID', `it is not valid before ${timeText(claims.nbf)}`, edit)
        : time,
  ];
}

function signerSteps(
  claims: UserClaims,
  account: { claims: AccountClaims; strict: boolean },
  ofUser: Check,
  ofAccount: Check,
): { steps: Step[]; limits: UserPermissionLimits } {
  const scope = scopeOfKey(claims.iss, account);
  const again = 'issue the user again, with a signing key that the account lists';
  const signer = ofAccount(
    'user.signer',
    claims.iss === account.claims.sub ? '/sub' : `/nats/signing_keys/${claims.iss}`,
    claims.iss === account.claims.sub
      ? 'the user is signed by the identity key of the account'
      : `the user is signed by ${claims.iss}, a signing key of the account`,
  );
  if (scope === undefined) {
    const message =
      claims.iss === account.claims.sub
        ? 'the user is signed by the identity key of the account, but the operator demands signing keys'
        : `the user is signed by ${claims.iss}, which is no signing key of the account`;
    return { steps: [fault(signer, 'ERR_USER_ISSUER', message, again)], limits: claims.nats };
  }
  if (scope === null) return { steps: [signer], limits: claims.nats };
  const role = ofUser('user.scope', '/nats', `its role ${JSON.stringify(scope.role)} says all that it may do`);
  const message = `it is of the role ${JSON.stringify(scope.role)}, and has permissions or limits of its own`;
  const empty = hasNothingOfItsOwn(claims.nats);
  return {
    steps: [signer, empty ? role : fault(role, 'ERR_USER_SCOPE', message, 'issue it again without any')],
    limits: scope.template,
  };
}

function policySteps(
  claims: UserClaims,
  account: AccountClaims,
  limits: UserPermissionLimits,
  ofUser: Check,
  ofAccount: Check,
): Step[] {
  const bearer = limits.bearer_token === true;
  const policy = ofAccount(
    'user.bearer',
    '/nats/limits/disallow_bearer',
    bearer ? 'the account allows bearer tokens' : 'the user is no bearer token',
  );
  const own = account.nats.revocations.get(claims.sub);
  const revoked = own !== undefined && own >= claims.iat ? claims.sub : '*';
  const revocation = ofAccount('user.revoked', '/nats/revocations', 'the account does not revoke it');
  const steps = [
    bearer && account.nats.limits.disallow_bearer
      ? fault(policy, 'ERR_USER_BEARER', 'the user is a bearer token, which the account forbids', 'issue it without')
      : policy,
    isRevoked(account.nats.revocations, claims.sub, claims.iat)
      ? fault(
          ofAccount('user.revoked', `/nats/revocations/${revoked}`, ''),
          'ERR_USER_REVOKED',
          `the account revokes its JWTs issued until ${timeText(account.nats.revocations.get(revoked))}; this one is of ${timeText(claims.iat)}`,
          'issue a new JWT for the user, or take the revocation out',
        )
      : revocation,
  ];
  if (limits.proxy_required === true) {
    steps.push({
      ...ofUser('user.proxy', '/nats/proxy_required', 'it may only come through a trusted proxy'),
      outcome: 'unknown',
      hint: 'connect through the proxy',
    });
  }
  return steps;
}

function circumstanceSteps(
  claims: UserClaims,
  account: AccountClaims,
  limits: UserPermissionLimits,
  now: number,
  { type = 'STANDARD', ip, signsWith }: Circumstances,
  ofUser: Check,
  ofAccount: Check,
): Step[] {
  const steps: Step[] = [];
  const attempt = (check: string, path: string, message: string, run: () => void): void => {
    try {
      run();
      steps.push(ofUser(check, path, message));
    } catch (error) {
      steps.push(ofUser(check, path, message, error));
    }
  };
  attempt('user.type', '/nats/allowed_connection_types', `it may connect as ${type}`, () =>
    checkConnectionType(limits, type),
  );
  if (limits.bearer_token === true) {
    steps.push(ofUser('user.nonce', '/nats/bearer_token', 'as a bearer token it has nothing to sign'));
  } else if (signsWith !== undefined) {
    const step = ofUser('user.nonce', '/sub', "its seed signs the server's nonce");
    const other = `the seed is that of ${signsWith}, not of ${claims.sub}`;
    steps.push(
      signsWith === claims.sub ? step : fault(step, 'ERR_USER_NONCE', other, 'write the creds again with its own seed'),
    );
  }
  if (limits.src.length === 0) steps.push(ofUser('user.source', '/nats/src', 'it may connect from anywhere'));
  else if (ip === undefined) {
    const message = `it may connect only from ${limits.src.join(', ')}`;
    steps.push({ ...ofUser('user.source', '/nats/src', message), outcome: 'unknown', hint: 'say from where: --ip' });
  } else attempt('user.source', '/nats/src', `it may connect from ${ip}`, () => checkSource(limits, ip));
  const hours = limits.times.map(({ start, end }) => `${start} to ${end}`).join(', ');
  const zone = limits.times_location ? ` in ${limits.times_location}` : '';
  attempt('user.hours', '/nats/times', hours === '' ? 'at any time of day' : `now lies in ${hours}${zone}`, () => {
    checkTimes(limits, now);
  });
  const { conn } = account.nats.limits;
  const room = ofAccount('account.connections', '/nats/limits/conn', 'any number of connections');
  if (conn === 0) {
    steps.push(fault(room, 'ERR_CONNECT_ACCOUNT_FULL', 'the account may have no connections', 'raise its limit'));
  } else if (conn > 0) {
    const message = `the account may have ${conn} connections; how many there are only a server knows`;
    steps.push({ ...room, outcome: 'unknown', message });
  } else steps.push(room);
  return steps;
}

function verify(
  jwt: Decoded<UserClaims>,
  account: Decoded<AccountClaims>,
  { trusted, now }: Realm,
): { user: VerifiedUser; error: null } | { user: null; error: unknown } {
  try {
    return { user: verifyUser(jwt, verifyAccount(account, trusted, { now }), { now }), error: null };
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return { user: null, error };
  }
}

function nameOf({ name, sub }: AccountClaims): string {
  return name ? `${name} (${sub})` : sub;
}
