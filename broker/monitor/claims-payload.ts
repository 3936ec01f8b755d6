/** The claims of a verified token as they stand in it, names and order kept: what nats-server shows as decoded. */
export function claimsPayload(token: string): object | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object;
}
