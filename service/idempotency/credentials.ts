/** Names under which answers give what opens something. */
const SECRET_NAME = /(?:creds|credentials?|seeds?|secrets?|tokens?|passwords?|passphrases?|private_?keys?)$/i;
/** nkey seeds (S, kind, 56 of base32), tokens of this service, secrets of webhooks, private keys. */
const SECRET_TEXT = /S[OAUNCX][A-Z2-7]{56}|nctl_[\w-]{43}|whsec_|-----BEGIN/;
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

/**
 * Whether an answer may hold a credential. It is found by what it looks like, not by its route: whatever route gives one out is
 * meant, and an answer that is not kept costs its caller one more request.
 */
export function holdsCredentials(answer: string): boolean {
  if (SECRET_TEXT.test(answer)) return true;
  try {
    return holds(JSON.parse(answer));
  } catch {
    return true;
  }
}

function holds(value: unknown): boolean {
  if (typeof value === 'string') return isUserJwt(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, part]) => (SECRET_NAME.test(name) && !isEmpty(part)) || (typeof part !== 'number' && holds(part)),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === false || (Array.isArray(value) && value.length === 0);
}

/** The JWT of a bearer user connects without its key, and whether it is one may stand in its role. */
function isUserJwt(text: string): boolean {
  const payload = JWT.exec(text)?.[1];
  if (payload === undefined) return false;
  return /"type"\s*:\s*"user"/.test(Buffer.from(payload, 'base64url').toString());
}
