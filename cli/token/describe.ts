import { unknownFields } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validate } from '../../claims/validate/validate.js';
import { payloadOf } from '../payload.js';
import { readToken } from './read.js';

/** Any token, with what can be said of it alone: its signature holds, but whether its signer is trusted is another question. */
export async function describeToken(source: string, now: number) {
  const { jwt, creds } = await readToken(source);
  const { claims, kind, token, version } = jwt;
  const issues: Issue[] = validate(claims, now);
  return {
    kind,
    version,
    name: claims.name ?? null,
    subject: claims.sub,
    issuer: claims.iss,
    selfSigned: claims.iss === claims.sub,
    /** Whom a user or an activation is of, where a signing key signed it. */
    issuerAccount: issuerAccountOf(claims.nats),
    issuedAt: claims.iat,
    notBefore: claims.nbf ?? 0,
    expires: claims.exp ?? 0,
    creds,
    /** Fields this version does not know: it would lose them if it signed the claims again. */
    unknownFields: unknownFields(jwt),
    issues,
    claims: payloadOf(token),
    token,
  };
}

function issuerAccountOf(nats: object): string | null {
  const account = 'issuer_account' in nats ? nats.issuer_account : undefined;
  return isPublicKey(account, 'account') ? account : null;
}

/** As nats tools write a token into a file of its own. */
export function armored(kind: string, token: string): string {
  const name = `NATS ${kind.toUpperCase().replaceAll('_', ' ')} JWT`;
  return `-----BEGIN ${name}-----\n${token}\n------END ${name}------\n`;
}
