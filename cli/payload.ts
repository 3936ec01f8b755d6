/**
 * The claims of a token as they stand in it, for `--json`: the wire's own names and shape. For showing only; the token was
 * verified by who read it.
 */
export function payloadOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}
