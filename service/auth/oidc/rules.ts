/** What the claims of a verified token give: each rule whose conditions all hold adds its role. */
import type { Grant } from '../rights.js';

export type ClaimValue = string | number | boolean;

export interface Condition {
  /** Names of members, from the outside in. */
  readonly path: readonly string[];
  readonly values: readonly ClaimValue[];
}

export interface Rule {
  readonly conditions: readonly Condition[];
  readonly grant: Grant;
}

/** `realm_access.roles`, or a JSON pointer where a name has dots itself (`/kubernetes.io/namespace`); null where it is neither. */
export function claimPath(text: string): string[] | null {
  if (!text.startsWith('/')) {
    const parts = text.split('.');
    return parts.every(Boolean) ? parts : null;
  }
  // RFC 6901 section 3: a tilde stands before 0 or 1 only.
  if (/~(?![01])/.test(text)) return null;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function grantsFor(rules: readonly Rule[], claims: object): Grant[] {
  const grants: Grant[] = [];
  for (const { conditions, grant } of rules) {
    if (!conditions.every((condition) => holds(condition, claims))) continue;
    if (!grants.some((given) => isSame(given, grant))) grants.push(grant);
  }
  return grants;
}

/** Values are compared as they are, without wildcards and in the same case; of a list (groups), one has to be equal. */
function holds({ path, values }: Condition, claims: object): boolean {
  let found: unknown = claims;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name))
      return false;
    found = (found as Record<string, unknown>)[name];
  }
  const said = Array.isArray(found) ? found : [found];
  return values.some((value) => said.includes(value));
}

function isSame(one: Grant, other: Grant): boolean {
  return one.role === other.role && one.operator === other.operator && one.account === other.account;
}
