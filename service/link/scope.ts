import { parseCreds } from '../../claims/creds.js';
import { accountOfUser } from '../../claims/trust/user.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

/** The system account that a link's credentials are of. */
export function systemAccountOf(creds: string): string {
  return accountOfUser(parseCreds(creds).token);
}

/** The links that an operator's accounts are announced to: those in its system, and those of which no operator is known. */
export function linksOf(tx: Queries, operatorKey: string): Promise<{ id: string }[]> {
  return tx.link.findMany({ where: { OR: [{ operatorKey }, { operatorKey: null }] }, select: { id: true } });
}

/**
 * The operator of the system behind a link: the one whose system account the link is in. Nothing of any other operator is told
 * there. Null where the service knows none such: then nothing is answered at all.
 */
export async function operatorOfLink(tx: Queries, systemAccount: string): Promise<string | null> {
  const account = await tx.account.findUnique({ where: { key: systemAccount }, select: { operatorKey: true } });
  if (account) return account.operatorKey;
  for (const row of await tx.operator.findMany()) {
    if (readStored('operator', row).claims.nats.system_account === systemAccount) return row.key;
  }
  return null;
}
