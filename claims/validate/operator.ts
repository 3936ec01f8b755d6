import { isPublicKey } from '../keys/nkey.js';
import type { OperatorClaims } from '../types.js';
import { quote, type Report } from './issues.js';

export function checkOperator({ sub, iss, nats }: OperatorClaims, report: Report): void {
  if (iss !== sub && !nats.signing_keys.includes(iss)) {
    report('ERR_OPERATOR_ISSUER', ['iss'], 'the operator is signed neither by itself nor by one of its signing keys');
  }
  if (nats.account_server_url !== undefined && !isAbsoluteUrl(nats.account_server_url)) {
    report(
      'ERR_OPERATOR_ACCOUNT_SERVER_URL',
      ['nats', 'account_server_url'],
      `${quote(nats.account_server_url)} is not a URL with a scheme, like https://host/jwt/v1`,
    );
  }
  for (const [index, url] of nats.operator_service_urls.entries()) {
    const fault = serviceUrlFault(url);
    if (fault !== null)
      report(
        'ERR_OPERATOR_SERVICE_URL',
        ['nats', 'operator_service_urls', index],
        `the service URL ${quote(url)} ${fault}`,
      );
  }
  for (const [index, key] of nats.signing_keys.entries()) {
    if (!isPublicKey(key, 'operator')) {
      report(
        'ERR_OPERATOR_SIGNING_KEY',
        ['nats', 'signing_keys', index],
        `${quote(key)} is not an operator public key`,
      );
    }
  }
  if (nats.system_account !== undefined && !isPublicKey(nats.system_account, 'account')) {
    report(
      'ERR_OPERATOR_SYSTEM_ACCOUNT',
      ['nats', 'system_account'],
      `${quote(nats.system_account)} is not an account public key`,
    );
  }
  const version = nats.assert_server_version;
  if (version !== undefined && !/^\+?[0-9]{1,18}(\.\+?[0-9]{1,18}){2}$/.test(version)) {
    report(
      'ERR_OPERATOR_SERVER_VERSION',
      ['nats', 'assert_server_version'],
      `${quote(version)} is not a version like 2.10.0`,
    );
  }
}

function isAbsoluteUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text);
}

/** A server's address: nothing but scheme, host and port. An empty one is passed over, as Go does. */
export function serviceUrlFault(text: string): string | null {
  if (text === '') return null;
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(text);
  if (found === null || !URL.canParse(text)) return 'is not a URL like nats://host:4222';
  const [, scheme = '', host = '', path] = found;
  if (host.includes('@')) return 'holds credentials';
  if (path !== '') return 'has a path';
  if (!['nats', 'tls', 'ws', 'wss'].includes(scheme.toLowerCase())) return 'is none of nats, tls, ws and wss';
  return host === '' ? 'has no host' : null;
}
