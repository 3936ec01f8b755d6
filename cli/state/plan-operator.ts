import type { Unsigned } from '../../claims/jwt/encode.js';
import { newOperator } from '../../claims/jwt/new.js';
import type { OperatorClaims } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validate } from '../../claims/validate/validate.js';
import { type ChangeableClaims, differencesByEntry } from '../change/difference.js';
import type { Names } from './identify.js';
import type { PlannedOperator, Planning } from './plan.js';
import { operatorClaims } from './to-claims.js';

/** Claims as they are before a signature. */
export function whole<C extends ChangeableClaims>(claims: Unsigned<C>, issuer: string): C {
  return { ...claims, iss: issuer, iat: 0, jti: '' } as unknown as C;
}

/** The keys with the one that signed before in front, where it still may. */
export function preferring(previous: string | undefined, keys: readonly string[]): string[] {
  return previous !== undefined && keys.includes(previous)
    ? [previous, ...keys.filter((one) => one !== previous)]
    : [...keys];
}

export function refuseIssues({ problem }: Planning, entity: string, issues: readonly Issue[]): void {
  for (const { level, code, message } of issues) if (level === 'error') problem(code, entity, message);
}

export async function planOperator(
  planning: Planning,
  names: Names,
): Promise<{ claims: OperatorClaims; change: PlannedOperator | null }> {
  const { identified, keyring, now, problem } = planning;
  const { name, key, current } = identified;
  const entity = `operator ${name}`;
  const before = current?.jwt.claims ?? null;
  const wanted = operatorClaims(identified, names);
  const keys = [wanted.sub, ...wanted.nats.signing_keys];
  const claims = whole<OperatorClaims>(wanted, preferring(before?.iss, keys)[0] as string);
  const found = differencesByEntry('operator', before ?? whole(newOperator(key, name), key), claims);
  const issuerGoes = before !== null && !keys.includes(before.iss);
  if (before !== null && found.length === 0 && !issuerGoes) return { claims: before, change: null };

  if (wanted.nats.strict_signing_key_usage === true && wanted.nats.signing_keys.length === 0) {
    problem(
      'ERR_SIGNING_KEYS_REQUIRED',
      entity,
      'it requires signing keys and has none: write `signingKeys: [generate]`',
    );
  }
  const signer = (await keyring.signer(preferring(before?.iss, keys)))?.publicKey ?? null;
  if (signer === null) {
    problem('ERR_SIGNER_MISSING', entity, `no private key of it is in the keystore; its keys: ${keys.join(', ')}`);
  }
  refuseIssues(planning, entity, validate({ ...claims, iss: signer ?? claims.iss }, now));
  if (before !== null && issuerGoes && signer !== null)
    found.unshift({ path: '/iss', before: before.iss, after: signer });
  return {
    claims,
    change: {
      kind: 'operator',
      action: before === null ? 'create' : 'change',
      name,
      renamedFrom: null,
      key,
      signer,
      before,
      wanted,
      differences: found,
    },
  };
}
