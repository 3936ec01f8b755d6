/**
 * Names of operators, accounts, users and keys. A name becomes a folder and a file of the store, on every system, and stands in terminals,
 * so what means something to one of them is refused. What a role template puts into a subject must
 * be plainer still: scope/template.ts.
 */
import { NatsctlError } from './errors.js';

export type NameErrorCode = 'ERR_NAME_INVALID';

/** File systems allow 255 bytes; the rest is room for `.creds`, `.jwt` and temporary names. */
export const MAX_NAME_BYTES = 200;

const CONTROL_OR_FORMAT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Device names of Windows, with any ending; the superscript digits count too. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/**
 * Gives the name back, or throws ERR_NAME_INVALID. `what` is what is being named ("account").
 *
 * @example
 * const name = checkEntityName(flags.name, 'account');
 */
export function checkEntityName(name: string, what: string): string {
  const reason = nameFault(name);
  if (reason !== null) {
    throw new NatsctlError<NameErrorCode>('ERR_NAME_INVALID', `the ${what} name cannot be used: ${reason}`, {
      hint: 'use letters, digits, "-" and "_"',
    });
  }
  return name;
}

function nameFault(name: unknown): string | null {
  if (typeof name !== 'string' || name === '') return 'it is empty';
  if (Buffer.byteLength(name, 'utf8') > MAX_NAME_BYTES) return `it has more than ${MAX_NAME_BYTES} bytes`;
  if (CONTROL_OR_FORMAT.test(name)) return 'it holds a control character or an invisible one';
  if (/[/\\]/.test(name)) return 'it holds a slash or backslash';
  if (name.includes('*')) return 'it holds "*"';
  if (name.startsWith('.')) return 'it begins with a dot';
  if (name.endsWith('.')) return 'it ends with a dot';
  if (/^\p{Z}|\p{Z}$/u.test(name)) return 'it begins or ends with a space';
  if (WINDOWS_DEVICE.test(name)) return 'Windows keeps it for a device';
  return null;
}
