/**
 * Text for a log without what must not be in one: seeds, JWTs (an account's names its whole tenancy, a user's is half of its
 * credentials), access tokens, PEM keys. What writes a log names its fields with care; this is for what a library, an error or
 * a caller's own words bring along.
 */
/** No word boundaries: in a line of JSON, what follows a line break follows the n of `\\n`. */
const SECRETS: readonly [pattern: RegExp, instead: string][] = [
  [/S[OAUNCX][A-Z2-7]{56}/g, '[seed]'],
  [/eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, '[jwt]'],
  [/(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [token]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  // Of the service: service/auth/service-token.ts.
  [/nctl_[\w-]{43}[0-9a-f]{8}/g, '[token]'],
  // Of a URL: user:password@
  [/(\/\/)[^\s/?#@"]+@/g, '$1[login]@'],
];

export function withoutSecrets(text: string): string {
  let clean = text;
  for (const [pattern, instead] of SECRETS) clean = clean.replace(pattern, instead);
  return clean;
}
