import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { type Actor, claimsJson, lastAudited, recordAudit } from '../audit/audit.js';
import type { Queries } from '../store/open.js';

interface Renamed {
  key: string;
  from: string;
  to: string;
}

/**
 * A role goes by a name, and its key stays when it is given another one: its users stay users of it, and what is asked of them goes along.
 * Else a new name would be a way around the policy. A role of that name which has a policy keeps its own.
 */
export async function carryRoles(
  tx: Queries,
  stored: Account,
  after: AccountClaims,
  { at, actor }: { at: number; actor: Actor },
): Promise<void> {
  for (const { key, from, to } of renamedRoles(stored, after)) {
    await carryUsers(tx, stored.key, { key, from, to });
    const policy = (role: string) =>
      tx.credentialPolicy.findUnique({ where: { accountKey_role: { accountKey: stored.key, role } } });
    const carried = await policy(from);
    if (!carried || (await policy(to))) continue;
    const { maxTtl, defaultTtl, requireProof, allowBearer } = carried;
    const rules = { maxTtl, defaultTtl, requireProof, allowBearer };
    await recordAudit(tx, {
      at,
      actor,
      action: 'credential-policy.set',
      entity: stored.key,
      operator: stored.operatorKey,
      account: stored.key,
      before: null,
      after: JSON.stringify(rules),
      detail: { role: to, renamed: from },
    });
    const version = lastAudited(tx);
    const data = { accountKey: stored.key, role: to, ...rules, version, updatedAt: BigInt(at) };
    await tx.credentialPolicy.create({ data });
  }
}

function renamedRoles(stored: Account, { nats }: AccountClaims): Renamed[] {
  const roles = [...nats.signing_keys].flatMap(([key, scope]) => (scope ? [{ key, to: scope.role }] : []));
  if (roles.length === 0) return [];
  const before = JSON.parse(claimsJson(stored.jwt)) as { nats: { signing_keys?: (string | Scope)[] } };
  const names = new Map(
    (before.nats.signing_keys ?? []).flatMap((one) => (typeof one === 'string' ? [] : [[one.key, one.role ?? '']])),
  );
  return roles.flatMap(({ key, to }) => {
    const from = names.get(key);
    return from === undefined || from === to ? [] : [{ key, from, to }];
  });
}

interface Scope {
  key: string;
  role?: string;
}

/** Users of another key with the same role stay what they are. */
async function carryUsers(tx: Queries, accountKey: string, { key: signer, from, to }: Renamed): Promise<void> {
  for (const { key, jwt } of await tx.user.findMany({
    where: { accountKey, role: from },
    select: { key: true, jwt: true },
  })) {
    if (jwt === null || (JSON.parse(claimsJson(jwt)) as { iss?: unknown }).iss !== signer) continue;
    await tx.user.update({ where: { key }, data: { role: to, version: { increment: 1 } } });
  }
}
