/** Where a page came from, by which a browser's request is judged. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#@:[\]]*)(?::(\d*))?(?:[/?#].*)?$/i;
const HOST = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/;

/** Null for what is no absolute URL with a host, as the `null` of a sandboxed page. */
export function parseOrigin(text: string): Origin | null {
  const match = ORIGIN.exec(text.trim());
  if (!match?.[1] || !match[2]) return null;
  const scheme = match[1].toLowerCase();
  return { scheme, host: hostOf(match[2]), port: match[3] || defaultPort(scheme) };
}

export interface OriginRules {
  readonly sameOrigin: boolean;
  /** Empty = every one. */
  readonly allowed: readonly Origin[];
}

/**
 * Why a request may not be upgraded, null when it may. One without an origin comes from no browser, and may (nats-server checkOrigin;
 * RFC 6455, section 1.6).
 */
export function originFault(
  origin: string | undefined,
  host: string,
  secure: boolean,
  rules: OriginRules,
): string | null {
  if (!rules.sameOrigin && rules.allowed.length === 0) return null;
  if (origin === undefined || origin === '') return null;
  const from = parseOrigin(origin);
  if (from === null) return 'the origin is no URL';
  if (rules.sameOrigin) {
    const scheme = secure ? 'https' : 'http';
    const to = HOST.exec(host.trim());
    const port = to?.[2] || defaultPort(scheme);
    if (!to?.[1] || from.host !== hostOf(to[1]) || from.port !== port || from.scheme !== scheme)
      return 'not same origin';
  }
  const listed =
    rules.allowed.length === 0 ||
    rules.allowed.some((each) => each.scheme === from.scheme && each.host === from.host && each.port === from.port);
  return listed ? null : 'not in the allowed list';
}

function hostOf(text: string): string {
  return text.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function defaultPort(scheme: string): string {
  return scheme === 'https' ? '443' : '80';
}
