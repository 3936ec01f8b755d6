import { MAX_CONNECT_JSON_DEPTH } from '../limits.js';

/** The CONNECT fields the broker honours; what a client leaves out has the value that nats-server gives it. */
export interface ConnectOptions {
  verbose: boolean;
  pedantic: boolean;
  echo: boolean;
  headers: boolean;
  no_responders: boolean;
  /** 0 or 1 are legal; judged after authentication, as nats-server does. */
  protocol: number;
  jwt: string;
  sig: string;
  nkey: string;
  user: string;
  pass: string;
  auth_token: string;
  /** A proxy's signature of the nonce. */
  proxy_sig: string;
  name: string;
  lang: string;
  version: string;
  /** Leftovers of an experiment (CVE-2022-24450): a client that sends either is refused. */
  account: string;
  new_account: boolean;
}

export function defaultConnectOptions(): ConnectOptions {
  return {
    verbose: true,
    pedantic: true,
    echo: true,
    headers: false,
    no_responders: false,
    protocol: 0,
    jwt: '',
    sig: '',
    nkey: '',
    user: '',
    pass: '',
    auth_token: '',
    proxy_sig: '',
    name: '',
    lang: '',
    version: '',
    account: '',
    new_account: false,
  };
}

/** Fields whose type is checked though they are not used: nats-server closes on a wrong one. */
const UNUSED: Readonly<Record<string, 'string' | 'boolean'>> = {
  tls_required: 'boolean',
  remote_account: 'string',
};

/**
 * Reads the JSON of a CONNECT; null when it does not parse or a known field has the wrong type (P5). Names are compared
 * without letter case, as Go does, so that `"Account"` cannot slip past a check made for `"account"`. Unknown fields are
 * ignored.
 */
export function parseConnect(json: Buffer): ConnectOptions | null {
  const fields = parseObject(json);
  if (fields === null) return null;
  const options = defaultConnectOptions();
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) continue;
    const name = key.toLowerCase();
    if (Object.hasOwn(UNUSED, name)) {
      if (typeof value !== UNUSED[name]) return null;
    } else if (Object.hasOwn(options, name)) {
      const field = name as keyof ConnectOptions;
      if (typeof value !== typeof options[field]) return null;
      if (typeof value === 'number' && !Number.isSafeInteger(value)) return null;
      Object.assign(options, { [field]: value });
    }
  }
  return options;
}

/** Fields that came another way, a cookie, stand in for those that CONNECT leaves empty, and for no others. */
export function fillEmpty(options: ConnectOptions, more: Partial<ConnectOptions> | null): void {
  if (more !== null && options.jwt === '') options.jwt = more.jwt ?? '';
}

/** A JSON object of bounded depth, null for anything else. */
export function parseObject(json: Buffer): Record<string, unknown> | null {
  // The wire's objects are flat: brackets inside strings may count too, which refuses nothing a client sends.
  let depth = 0;
  for (const byte of json) {
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    if (depth > MAX_CONNECT_JSON_DEPTH) return null;
  }
  try {
    const value: unknown = JSON.parse(json.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
