import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import { accountUnknown } from '../accounts/find-account.js';
import { foldName } from '../accounts/save-account.js';
import { type Caller, hasRight } from '../auth/rights.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { userUnknown } from '../users/find-user.js';

export interface NamedUser {
  /** Public key; or a name, with the account. */
  user: string;
  account?: string | undefined;
}

/** The user of a question, where the caller may read it and its JWT is here; else it does not exist. */
export async function knownUser(
  db: Queries,
  caller: Caller,
  named: NamedUser,
): Promise<{ row: User; operator: string; jwt: Decoded<UserClaims> }> {
  const row = named.account === undefined ? await byKey(db, named.user) : await inAccount(db, caller, named);
  const scope = row && { operator: row.account.operatorKey, account: row.accountKey };
  if (!row || !scope || row.jwt === null || !hasRight(caller, 'read', scope)) throw userUnknown(named.user);
  return { row, operator: scope.operator, jwt: readStored('user', { key: row.key, jwt: row.jwt }) };
}

const WITH_OPERATOR = { account: { select: { operatorKey: true } } } as const;

function byKey(db: Queries, user: string) {
  return db.user.findUnique({ where: { key: decodePublicKey(user, 'user').text }, include: WITH_OPERATOR });
}

async function inAccount(db: Queries, caller: Caller, { user, account = '' }: NamedUser) {
  const accountKey = decodePublicKey(account, 'account').text;
  const owner = await db.account.findUnique({ where: { key: accountKey }, select: { operatorKey: true } });
  if (!owner || !hasRight(caller, 'read', { operator: owner.operatorKey, account: accountKey })) {
    throw accountUnknown(accountKey);
  }
  return db.user.findFirst({
    where: { accountKey, OR: [{ key: user }, { nameFold: foldName(user) }] },
    include: WITH_OPERATOR,
  });
}
