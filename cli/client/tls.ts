import { isIP } from 'node:net';
import process from 'node:process';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { Flags } from '@oclif/core';
import { cliError } from '../errors.js';
import { listOf } from '../flags.js';
import { readInput } from '../source.js';

const TLS = 'TLS';
/** A bundle of every public CA is a quarter of it. */
const MAX_PEM_BYTES = 1024 * 1024;

/** For servers whose certificate this machine does not know, or that ask for one. nsc's names. */
export const tlsFlags = {
  'tls-first': Flags.boolean({
    description: 'Begin with the TLS handshake, for servers with `handshake_first`.',
    helpGroup: TLS,
    env: 'NATSCTL_TLS_FIRST',
  }),
  'ca-cert': Flags.string({
    description: "File with the CA of the server's certificate. Also NATS_CA.",
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_CA_CERT',
  }),
  'client-cert': Flags.string({
    description: 'File with the certificate to show to the server. Also NATS_CERT.',
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_CLIENT_CERT',
  }),
  'client-key': Flags.string({
    description: 'File with the private key of that certificate. Also NATS_KEY.',
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_CLIENT_KEY',
  }),
  'tls-curves': Flags.string({
    description: 'Curves of the key exchange, most wanted first: X25519, P-256, P-384, P-521, X25519MLKEM768.',
    helpGroup: TLS,
    helpValue: 'NAMES',
    multiple: true,
    multipleNonGreedy: true,
    env: 'NATSCTL_TLS_CURVES',
  }),
};

/** What the flags above parse to. */
export interface TlsChoice {
  'tls-first'?: boolean | undefined;
  'ca-cert'?: string | undefined;
  'client-cert'?: string | undefined;
  'client-key'?: string | undefined;
  'tls-curves'?: string[] | undefined;
}

/** As the client library takes them; the curves go on to Node's `tls.connect`. */
export interface TlsSettings {
  handshakeFirst?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
  ecdhCurve?: string;
  checkServerIdentity?: typeof checkServerIdentity;
}

/** Undefined where nothing is asked for: then a server that wants TLS gets it with what the machine trusts. */
export async function tlsSettings(
  choice: TlsChoice,
  servers: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<TlsSettings | undefined> {
  const ca = choice['ca-cert'] ?? (env.NATS_CA || undefined);
  const cert = choice['client-cert'] ?? (env.NATS_CERT || undefined);
  const key = choice['client-key'] ?? (env.NATS_KEY || undefined);
  if ((cert === undefined) !== (key === undefined)) {
    throw cliError('ERR_USAGE', 'a client certificate and its private key go together', {
      hint: 'give both --client-cert and --client-key',
    });
  }
  const curves = listOf(choice['tls-curves']);
  const identity = identityByAddress(servers);
  const settings: TlsSettings = {
    ...(choice['tls-first'] && { handshakeFirst: true }),
    ...(ca !== undefined && { ca: await pem(ca, '--ca-cert') }),
    ...(cert !== undefined && { cert: await pem(cert, '--client-cert') }),
    ...(key !== undefined && { key: await pem(key, '--client-key') }),
    ...(curves.length > 0 && { ecdhCurve: curves.join(':') }),
  };
  // An address with tls:// must not be answered in the clear: an empty object demands TLS.
  const demanded = servers.some((one) => /^tls:/i.test(one));
  if (!demanded && Object.keys(settings).length === 0) return undefined;
  return identity === undefined ? settings : { ...settings, checkServerIdentity: identity };
}

/**
 * The client library gives Node no host where the address is an IP, and Node then asks of the certificate that it is one for
 * "localhost": right ones are refused, and one for localhost would do for any machine.
 */
function identityByAddress(servers: readonly string[]): typeof checkServerIdentity | undefined {
  const hosts = servers.map((one) => (URL.canParse(one) ? new URL(one).hostname.replace(/^\[|\]$/g, '') : ''));
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  if (addresses.length === 0 || hosts.includes('localhost')) return undefined;
  return (host, certificate) => {
    if (host !== 'localhost') return checkServerIdentity(host, certificate);
    const faults = addresses.map((address) => checkServerIdentity(address, certificate));
    return faults.includes(undefined) ? undefined : faults[0];
  };
}

/** What OpenSSL does not take would be told as a server that does not answer. */
export function checkUsable({ ca, cert, key, ecdhCurve }: TlsSettings): void {
  try {
    createSecureContext({ ca, cert, key, ecdhCurve });
  } catch (error) {
    const [flags, what] =
      ecdhCurve !== undefined && /curve|group/i.test(String(error))
        ? ['--tls-curves', 'these curves cannot be used']
        : ['--ca-cert, --client-cert and --client-key', 'these TLS files do not go together or cannot be read'];
    throw cliError('ERR_TLS_FILE', `${what}: ${opensslReason(error)}`, { hint: `check ${flags}`, cause: error });
  }
}

/** The words in `error:05800074:x509 certificate routines::key values mismatch`, with or without a place behind them. */
export function opensslReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/i.exec(message)?.[1]?.trim() ?? message.trim();
}

async function pem(file: string, flag: string): Promise<string> {
  const text = (await readInput(file, { maxBytes: MAX_PEM_BYTES })).toString('utf8');
  if (!text.includes('-----BEGIN ')) {
    throw cliError('ERR_TLS_FILE', `${file} holds nothing in PEM form`, { hint: `check ${flag}`, details: { file } });
  }
  return text;
}
