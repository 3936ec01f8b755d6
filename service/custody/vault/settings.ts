import { readFileSync } from 'node:fs';
import { NatsctlError } from '../../../claims/errors.js';
import type { ServiceErrorCode } from '../../errors.js';
import { exposure, readPrivateFile } from '../../store/private-file.js';

export interface VaultSettings {
  /** `https://host:port`; `http://` on loopback only. */
  address: string;
  /** File of mode 0600, read again for every request: an agent renews what is in it. It comes before `token`. */
  tokenFile?: string;
  token?: string;
  namespace?: string;
  /** PEM file of the CA of its certificate; absent = those Node trusts. */
  caFile?: string;
}

/**
 * Each setting by our own name, then by those that OpenBao's and Vault's clients read (openbao.org/docs/commands,
 * developer.hashicorp.com/vault/docs/commands). Null where no address is given.
 */
export function vaultSettings(environment: NodeJS.ProcessEnv): VaultSettings | null {
  const read = (name: string): string | undefined =>
    [`NATSCTL_VAULT_${name}`, `BAO_${name}`, `VAULT_${name}`].map((key) => environment[key]).find(Boolean);
  const [address, tokenFile, token] = [read('ADDR'), environment.NATSCTL_VAULT_TOKEN_FILE, read('TOKEN')];
  const [namespace, caFile] = [read('NAMESPACE'), read('CACERT')];
  if (!address) return null;
  return {
    address,
    ...(tokenFile && { tokenFile }),
    ...(token && { token }),
    ...(namespace && { namespace }),
    ...(caFile && { caFile }),
  };
}

/** The address as it is connected to. The token goes there, so it is sent over TLS, or does not leave the machine. */
export function checkAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !['https:', 'http:'].includes(url.protocol)) throw fault('its address is no http or https URL', ADDRESS);
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/') {
    throw fault('its address has more than a scheme, a host and a port', ADDRESS);
  }
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw fault('its address is http:// on another machine: the token would cross the network in the clear', ADDRESS);
  }
  return url;
}

const ADDRESS = 'set NATSCTL_VAULT_ADDR to https://HOST:PORT';

export function checkNamespace(namespace: string | undefined): string | undefined {
  if (namespace === undefined || /^[\w./-]{1,200}$/.test(namespace)) return namespace;
  throw fault('its namespace is not a path of letters, digits, `_`, `.` and `-`', 'set NATSCTL_VAULT_NAMESPACE');
}

export function readCa(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fault(`the file of its CA cannot be read: ${file}`, 'set NATSCTL_VAULT_CACERT to a PEM file', cause);
  }
}

const TOKEN = 'give it by a file of mode 0600 (NATSCTL_VAULT_TOKEN_FILE), or by NATSCTL_VAULT_TOKEN';

export async function readToken({ tokenFile, token }: VaultSettings): Promise<string> {
  const text = tokenFile === undefined ? token : await tokenOfFile(tokenFile);
  if (text === undefined) throw fault('there is no token for it', TOKEN);
  // Whatever else may be in there, it goes into a header.
  if (!/^[\x21-\x7e]{1,4000}$/.test(text)) throw fault('what is given as its token is none', TOKEN);
  return text;
}

async function tokenOfFile(file: string): Promise<string> {
  try {
    const exposed = await exposure(file);
    if (exposed) throw fault(`the file of its token ${exposed}: ${file}`, `run \`chmod 600 ${file}\``);
    return (await readPrivateFile(file))?.trim() ?? '';
  } catch (cause) {
    if (cause instanceof NatsctlError) throw cause;
    throw fault(`the file of its token cannot be read: ${file}`, TOKEN, cause);
  }
}

export function noVault(): never {
  throw fault('its address is not given', ADDRESS);
}

function fault(what: string, hint: string, cause?: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_VAULT_SETTINGS', `Vault or OpenBao cannot be asked: ${what}`, { hint, cause });
}
