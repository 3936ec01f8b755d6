import { isDamaged, listAccounts, listOperatorNames, openOperator, readOperator } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { backupError } from './errors.js';
import type { VerifiedOperator } from './verify.js';

/**
 * One entity is filed under one name, and one name is of one entity: an account that was renamed since the backup would be there
 * twice, and one whose name another has taken would take its place. Replacing files does not mend that, so --force does not help.
 */
export async function refuseClashes(root: string, operators: ReadonlyMap<string, VerifiedOperator>): Promise<void> {
  const names = await listOperatorNames(root);
  for (const name of names) {
    const store = await openOperator(root, name);
    const sub = await readOperator(store).then(
      ({ claims }) => claims.sub,
      // It cannot be read: the backup may be there to mend it.
      () => null,
    );
    refuse('operator', [{ name, sub }], entitiesOf(operators));
    const wanted = operators.get(name);
    if (wanted === undefined) continue;
    const accounts = await listAccounts(store);
    refuse('account', accounts.map(namedOf), entitiesOf(wanted.accounts));
    for (const [account, { users }] of wanted.accounts) {
      refuse('user', (await listUsers(store, account)).map(namedOf), entitiesOf(users));
    }
  }
}

interface Named {
  name: string;
  /** Null where it cannot be read. */
  sub: string | null;
}

function namedOf(
  entity: Awaited<ReturnType<typeof listAccounts>>[number] | Awaited<ReturnType<typeof listUsers>>[number],
): Named {
  return { name: entity.name, sub: isDamaged(entity) ? null : entity.jwt.claims.sub };
}

function entitiesOf(map: ReadonlyMap<string, { claims: { sub: string } }>): Named[] {
  return [...map].map(([name, { claims }]) => ({ name, sub: claims.sub }));
}

function refuse(kind: string, here: Named[], wanted: Named[]): void {
  const folded = (name: string) => name.normalize('NFC').toLowerCase();
  const byName = new Map(here.map((one) => [folded(one.name), one]));
  const bySub = new Map(here.flatMap((one) => (one.sub === null ? [] : [[one.sub, one] as const])));
  for (const { name, sub } of wanted) {
    const named = byName.get(folded(name));
    if (named !== undefined && (named.name !== name || (named.sub !== null && named.sub !== sub))) {
      throw clash(
        `the ${kind} ${name} of the backup (${sub}) would take the place of ${named.name} (${named.sub ?? 'unreadable'})`,
        kind,
      );
    }
    const filed = sub === null ? undefined : bySub.get(sub);
    if (filed !== undefined && filed.name !== name) {
      throw clash(`the ${kind} ${name} of the backup is in the store as ${filed.name}`, kind);
    }
  }
}

function clash(message: string, kind: string): Error {
  return backupError('ERR_RESTORE_CONFLICT', `${message}; nothing was written`, {
    hint: `rename or delete the ${kind} in the store first, or restore into another one: --store DIR --keystore DIR`,
  });
}
