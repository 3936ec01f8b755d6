/**
 * What a pushed account and the others make of each other. None of it keeps a JWT out, since accounts are pushed in any order; but
 * servers leave out an import that does not work without a word, so whoever pushes is told.
 */
import { isNatsctlError } from '../../claims/errors.js';
import { judgeImport, subjectsOf } from '../../claims/explain/import.js';
import { makeRealm } from '../../claims/explain/realm.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { decidingExport } from '../../claims/trust/export.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { accountUnknown } from '../accounts/find-account.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface CrossCheck {
  code: string;
  message: string;
  /** JSON pointer into the pushed claims; empty where it is about something that is not in them. */
  path: string;
}

interface Circumstances {
  before: AccountClaims | null;
  /** Whether the pusher may know who imports from the account. */
  nameImporters: boolean;
}

/** So many other accounts are read for one push. */
const MAX_ACCOUNTS = 100;

export async function crossChecks(
  service: Service,
  account: VerifiedAccount,
  circumstances: Circumstances,
): Promise<CrossCheck[]> {
  return [
    ...(await brokenImports(service.store.db, account, service.now())),
    ...(await exportsTakenAway(service, account.claims, circumstances)),
  ];
}

/**
 * Imports of accounts that are here and do not let this one have them. Of exporters elsewhere nothing is known.
 *
 * @param depth how many imports in a row are followed to find one that leads back
 */
export async function brokenImports(
  db: Queries,
  { claims, token, operator }: VerifiedAccount,
  now: number,
  depth = 1,
): Promise<CrossCheck[]> {
  if (claims.nats.imports.length === 0) return [];
  const self: Decoded<AccountClaims> = { kind: 'account', claims, token, version: 2 };
  const known = new Map([[claims.sub, self]]);
  let last = [self];
  for (let step = 0; step < depth && last.length > 0; step++) {
    const exporters = new Set(last.flatMap((one) => one.claims.nats.imports.map(({ account }) => account)));
    const keys = [...exporters].filter((key) => !known.has(key)).slice(0, MAX_ACCOUNTS);
    last = await readAccounts(db, keys);
    for (const one of last) known.set(one.claims.sub, one);
  }
  const realm = makeRealm(trustOperators([operator]), known.values(), now, accountUnknown);
  return claims.nats.imports.flatMap((claim, index) => {
    const verdict = judgeImport(claims, claim, realm);
    if (verdict.works || verdict.unknown) return [];
    const { code, message } = verdict.error;
    const path = `/nats/imports/${index}${code.startsWith('ERR_ACTIVATION_') ? '/token' : ''}`;
    return [{ code, message, path }];
  });
}

/** Exports of the version before that others here import, and that this version has no more. */
async function exportsTakenAway(
  service: Service,
  after: AccountClaims,
  { before, nameImporters }: Circumstances,
): Promise<CrossCheck[]> {
  const kept = (one: { type: string; subject: string }) =>
    after.nats.exports.some(({ type, subject }) => type === one.type && subject === one.subject);
  if (before === null || before.nats.exports.every(kept)) return [];
  const rows = await service.store.db.accountImport.findMany({
    where: { exporterKey: after.sub },
    orderBy: { importerKey: 'asc' },
    take: MAX_ACCOUNTS,
  });
  const importers = await readAccounts(
    service.store.db,
    rows.map(({ importerKey }) => importerKey),
  );
  return importers.flatMap(({ claims: importer }) =>
    importer.nats.imports.flatMap((claim) => {
      const remote = claim.account === after.sub ? subjectsOf(claim)?.remote : undefined;
      if (remote === undefined || decidingExport(before.nats.exports, claim.type, remote) === null) return [];
      if (decidingExport(after.nats.exports, claim.type, remote) !== null) return [];
      const who = nameImporters ? `account ${importer.name ?? ''} (${importer.sub})` : 'another account';
      const message = `${who} imports the ${claim.type} ${JSON.stringify(remote)}, which is exported no more`;
      return [{ code: 'ERR_EXPORT_IN_USE', message, path: '/nats/exports' }];
    }),
  );
}

/** Those of the accounts that are here. One that is damaged is told of where it is asked for, not here. */
export async function readAccounts(db: Queries, keys: string[]): Promise<Decoded<AccountClaims>[]> {
  if (keys.length === 0) return [];
  const rows = await db.account.findMany({ where: { key: { in: keys } } });
  return rows.flatMap((row) => {
    try {
      return [readStored('account', row)];
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      return [];
    }
  });
}
