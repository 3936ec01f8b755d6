import { NatsctlError } from '../claims/errors.js';
import type { ResolverErrorCode } from './errors.js';

/** Where the parts of one HTTP resolver are. */
export interface ResolverUrls {
  /** Ends with a slash. */
  accounts: URL;
  operator: URL;
  /** Ends with no slash. */
  activations: URL;
}

/** An address is shown in reports and errors; a password in it is not. Of several with commas between them, of each. */
export function withoutPassword(url: string): string {
  const each = url.split(/,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i);
  // To the last @: a password that is written as it is may hold another one, or a slash.
  return each.map((one) => one.replace(/^(\s*(?:[a-z][a-z0-9+.-]*:\/\/)?).*@/is, '$1')).join(',');
}

/**
 * The URLs of a resolver from any of the three forms people write: the service's root (`http://host:9090`), its version
 * root, as an operator's `account_server_url` has it (`.../jwt/v1`), or its accounts, as a nats-server configuration has it
 * (`.../jwt/v1/accounts/`).
 */
export function resolverUrls(base: string): ResolverUrls {
  const url = parse(base);
  const path = pathOf(url);
  const root = path === '' ? '/jwt/v1' : path.replace(/\/accounts$/, '');
  return {
    accounts: at(url, `${root}/accounts/`),
    operator: at(url, `${root}/operator`),
    activations: at(url, `${root}/activations`),
  };
}

/** A path of the REST API of our own service, from the same forms. */
export function apiUrl(base: string, path: string): URL {
  const url = parse(base);
  return at(url, `${pathOf(url).replace(/(\/jwt\/v[12](\/accounts)?|\/api\/v1)$/, '')}/api/v1${path}`);
}

function pathOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

function parse(base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new NatsctlError<ResolverErrorCode>(
      'ERR_RESOLVER_URL',
      `not the URL of an HTTP resolver: ${JSON.stringify(withoutPassword(base))}`,
      {
        hint: 'write it as http://host:port',
      },
    );
  }
  return url;
}

function at(url: URL, pathname: string): URL {
  const other = new URL(url);
  other.pathname = pathname;
  other.search = '';
  other.hash = '';
  return other;
}
