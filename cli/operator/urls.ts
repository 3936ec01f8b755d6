import { cliError } from '../errors.js';

/** The path of nats-account-server, where nsc pushes to and nats-server's URL resolver fetches from. */
const RESOLVER_PATH = '/jwt/v1';

/**
 * An account server URL as it belongs into an operator JWT. A service's root address gets `/jwt/v1`, which nsc and nats-server
 * expect to be in it; `nats://` addresses (a resolver inside nats-server) stay as they are.
 */
export function accountServerUrl(text: string): string {
  const url = parse(text, ['http:', 'https:', 'nats:', 'tls:', 'ws:', 'wss:']);
  if (!url.protocol.startsWith('http')) return text.trim().replace(/\/+$/, '');
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? RESOLVER_PATH : path}`;
}

/** Where clients connect. nsc keeps them in lower case. */
export function serviceUrls(texts: string[]): string[] {
  return texts.map((text) => {
    parse(text, ['nats:', 'tls:', 'ws:', 'wss:']);
    return text.trim().replace(/\/+$/, '').toLowerCase();
  });
}

function parse(text: string, schemes: string[]): URL {
  const allowed = schemes.map((scheme) => `${scheme}//`).join(', ');
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch (cause) {
    throw cliError('ERR_URL_INVALID', `not an address: ${text}`, { hint: `begin it with one of ${allowed}`, cause });
  }
  if (!schemes.includes(url.protocol)) {
    throw cliError('ERR_URL_INVALID', `${text} has the scheme ${url.protocol}//`, { hint: `use one of ${allowed}` });
  }
  if (url.username !== '' || url.password !== '') {
    throw cliError(
      'ERR_URL_INVALID',
      'the address holds a user name or password, which everyone who gets the JWT would read',
      {
        hint: 'leave them out',
      },
    );
  }
  return url;
}
