import process from 'node:process';
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
  const settings: TlsSettings = {
    ...(choice['tls-first'] && { handshakeFirst: true }),
    ...(ca !== undefined && { ca: await pem(ca, '--ca-cert') }),
    ...(cert !== undefined && { cert: await pem(cert, '--client-cert') }),
    ...(key !== undefined && { key: await pem(key, '--client-key') }),
    ...(curves.length > 0 && { ecdhCurve: curves.join(':') }),
  };
  // An address with tls:// must not be answered in the clear: an empty object demands TLS.
  const demanded = servers.some((one) => /^tls:/i.test(one));
  return demanded || Object.keys(settings).length > 0 ? settings : undefined;
}

async function pem(file: string, flag: string): Promise<string> {
  const text = (await readInput(file, { maxBytes: MAX_PEM_BYTES })).toString('utf8');
  if (!text.includes('-----BEGIN ')) {
    throw cliError('ERR_TLS_FILE', `${file} holds nothing in PEM form`, { hint: `check ${flag}`, details: { file } });
  }
  return text;
}
