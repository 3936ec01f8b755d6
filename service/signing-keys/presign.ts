import { isDeepStrictEqual } from 'node:util';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { claimsJson } from '../audit/audit.js';
import type { Service } from '../service.js';
import { turns } from '../turn.js';
import type { CredentialRules } from '../users/credential-policy.js';
import { type IssuedUser, issuedAs, signUser, termsOf } from '../users/issue-user.js';
import { type Reissue, type UserOfKey, withClaims } from './key-users.js';

/** What was signed ahead for a user, where it is signed from the same still; else undefined. */
export type Presigned = (stored: UserOfKey, rules: CredentialRules) => IssuedUser | undefined;

/**
 * Signs users before the transaction that gives their JWTs out: signatures are most of what that takes, and a transaction keeps all others
 * waiting and has its time (service/store/open.ts). Of each user the text alone is kept. What else it was signed from is the account,
 * of which the caller makes sure that it stayed as it was.
 */
export async function presign(service: Service, reissue: Reissue): Promise<Presigned> {
  const turn = turns();
  const terms = termsOf(service, service.store.db, reissue.issuing);
  const signed = new Map<string, { version: number; jwt: string; rules: CredentialRules }>();
  for (const stored of reissue.users) {
    await turn();
    const held = await terms.all(stored.role, reissue.signer);
    const { jwt } = await signUser(service, held, withClaims(reissue, stored));
    signed.set(stored.key, { version: stored.version, jwt, rules: held.rules });
  }
  return (stored, rules) => {
    const ready = signed.get(stored.key);
    if (ready?.version !== stored.version || !isDeepStrictEqual(ready.rules, rules)) return undefined;
    const { jwt } = ready;
    const { issuing } = reissue;
    return issuedAs({ issuing, role: stored.role, stored }, parseClaims('user', claimsJson(jwt)), jwt, service.now());
  };
}
