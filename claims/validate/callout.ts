/** Activations, and the two kinds of auth callout. */
import { isPublicKey } from '../keys/nkey.js';
import { checkSubject } from '../subject/subject.js';
import type { ActivationClaims, AuthorizationRequestClaims, AuthorizationResponseClaims } from '../types.js';
import { quote, type Report } from './issues.js';

export function checkActivation({ nats }: ActivationClaims, report: Report): void {
  if (nats.kind !== 'stream' && nats.kind !== 'service') {
    report('ERR_ACTIVATION_KIND', ['nats', 'kind'], 'the activation is neither for a stream nor for a service');
  }
  const fault = checkSubject(nats.subject);
  if (fault !== null)
    report(
      'ERR_ACTIVATION_SUBJECT',
      ['nats', 'subject'],
      `the activation of ${quote(nats.subject)} is not usable: ${fault}`,
    );
  if (nats.issuer_account !== undefined && !isPublicKey(nats.issuer_account, 'account')) {
    report(
      'ERR_ACTIVATION_ISSUER_ACCOUNT',
      ['nats', 'issuer_account'],
      'the issuer account is not an account public key',
    );
  }
}

export function checkAuthorizationRequest({ nats }: AuthorizationRequestClaims, report: Report): void {
  if (!isPublicKey(nats.user_nkey, 'user')) {
    report(
      'ERR_AUTH_REQUEST_USER_KEY',
      ['nats', 'user_nkey'],
      `the user key ${quote(nats.user_nkey)} is not a user public key`,
    );
  }
}

export function checkAuthorizationResponse({ sub, aud, nats }: AuthorizationResponseClaims, report: Report): void {
  if (!isPublicKey(sub, 'user')) report('ERR_AUTH_RESPONSE_SUBJECT', ['sub'], 'the subject is not a user public key');
  if (!isPublicKey(aud, 'server'))
    report('ERR_AUTH_RESPONSE_AUDIENCE', ['aud'], 'the audience is not a server public key');
  if (!nats.jwt && !nats.error)
    report('ERR_AUTH_RESPONSE_EMPTY', ['nats'], 'the response has neither a user JWT nor an error');
  if (nats.jwt && nats.error)
    report('ERR_AUTH_RESPONSE_BOTH', ['nats'], 'the response has both a user JWT and an error');
  if (nats.issuer_account !== undefined && !isPublicKey(nats.issuer_account, 'account')) {
    report(
      'ERR_AUTH_RESPONSE_ISSUER_ACCOUNT',
      ['nats', 'issuer_account'],
      'the issuer account is not an account public key',
    );
  }
}
