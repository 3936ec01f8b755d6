import type { WebSocketOptions } from '../../options.js';

/** What cookies say in the place of fields that a CONNECT leaves empty. Secrets, all of them. */
export interface CookieCredentials {
  readonly jwt: string;
  readonly user: string;
  readonly pass: string;
  readonly auth_token: string;
}

/** The cookies that the configuration names; null when none of them came. The last one of a name counts, as in nats-server. */
export function cookieCredentials(
  header: string | undefined,
  names: WebSocketOptions['cookies'] = {},
): CookieCredentials | null {
  if (header === undefined) return null;
  const fields = new Map<string, keyof CookieCredentials>();
  const wanted = { jwt: names.jwt, user: names.user, pass: names.password, auth_token: names.token };
  for (const [field, name] of Object.entries(wanted)) if (name) fields.set(name, field as keyof CookieCredentials);
  if (fields.size === 0) return null;
  const found = { jwt: '', user: '', pass: '', auth_token: '' };
  let some = false;
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    const field = at < 0 ? undefined : fields.get(part.slice(0, at).trim());
    const value = at < 0 ? null : cookieValue(part.slice(at + 1).trim());
    if (field === undefined || value === null) continue;
    found[field] = value;
    some = true;
  }
  return some ? found : null;
}

/** Without its quotes; null for one that Go's net/http passes over. */
function cookieValue(text: string): string | null {
  const value = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return /^[\x20-\x7e]*$/.test(value) && !/["\\]/.test(value) ? value : null;
}
