/** Do the accounts fit together as they are to be? Every import that the plan touches, from either side, is asked about. */
import { judgeImport } from '../../claims/explain/import.js';
import type { Realm } from '../../claims/explain/realm.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded, Import, OperatorClaims } from '../../claims/types.js';
import { storeError } from '../store/errors.js';
import type { Planning } from './plan.js';
import type { PlannedAccounts } from './plan-accounts.js';
import { whole } from './plan-operator.js';

export function checkSharing(
  planning: Planning,
  { wanted, mints, operator: { before } }: PlannedAccounts,
  operator: OperatorClaims,
): void {
  const { identified, now, prune, unmatched, problem, warn } = planning;
  const stored = [...identified.accounts.flatMap((one) => one.current ?? []), ...identified.others];
  const named = new Map(stored.map(({ name, jwt }) => [jwt.claims.sub, name]));
  const was =
    before === null
      ? null
      : realm(
          stored.map(({ jwt }) => jwt.claims),
          before,
          now,
        );
  const accounts = new Map<string, AccountClaims>();
  if (!prune) for (const { jwt } of identified.others) accounts.set(jwt.claims.sub, jwt.claims);
  for (const [key, { claims, identified: account }] of wanted) {
    accounts.set(key, whole<AccountClaims>(claims, operator.sub));
    named.set(key, account.name);
  }
  const is = realm([...accounts.values()], operator, now);
  const touched = new Set([...wanted].filter(([, { changed }]) => changed).map(([key]) => key));
  if (prune) for (const { jwt } of identified.others) touched.add(jwt.claims.sub);
  const toBeMade = new Set(mints.map(({ importer, at }) => importer.claims.nats.imports[at]));

  for (const [key, importer] of accounts) {
    for (const imp of importer.nats.imports) {
      if (!touched.has(key) && !touched.has(imp.account)) continue;
      const verdict = judgeImport(importer, imp, is);
      if (verdict.works || (toBeMade.has(imp) && verdict.error.code === 'ERR_ACTIVATION_MISSING')) continue;
      // What did not work before does not stop a change of something else.
      if (was !== null && codeBefore(was, key, imp) === verdict.error.code) continue;
      const entity = `account ${named.get(key) ?? key}`;
      if (verdict.unknown) {
        warn(
          `${entity} imports ${imp.subject} from ${imp.account}, which is not in the store: whether that works is not known`,
        );
      } else if (unmatched) warn(`${entity}: ${verdict.error.message}`);
      else problem(verdict.error.code, entity, verdict.error.message);
    }
  }
}

/** What was wrong with the same import, null where nothing was or there was none. */
function codeBefore(was: Realm, importer: string, imp: Import): string | null {
  const claims = was.find(importer)?.claims;
  const text = JSON.stringify(imp);
  const same =
    claims?.nats.imports.find((one) => JSON.stringify(one) === text) ??
    claims?.nats.imports.find(
      (one) =>
        one.account === imp.account &&
        one.type === imp.type &&
        one.subject === imp.subject &&
        one.local_subject === imp.local_subject,
    );
  if (claims === undefined || same === undefined) return null;
  const verdict = judgeImport(claims, same, was);
  return verdict.works ? null : verdict.error.code;
}

/** Accounts of one operator that are judged before they are signed. */
function realm(accounts: readonly AccountClaims[], operator: OperatorClaims, now: number): Realm {
  const known = new Map(
    accounts.map((claims): [string, Decoded<AccountClaims>] => [
      claims.sub,
      { kind: 'account', claims, token: '', version: 2 },
    ]),
  );
  return {
    trusted: trustOperators([]),
    now,
    find: (id) => known.get(id),
    ids: () => [...known.keys()],
    verified(id) {
      const found = known.get(id);
      if (found === undefined) throw storeError('ERR_ACCOUNT_UNKNOWN', `the account ${id} is not in this store`);
      return { ...found, operator, strict: operator.nats.strict_signing_key_usage === true };
    },
  };
}
