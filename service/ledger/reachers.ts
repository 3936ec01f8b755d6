/**
 * Who can reach a subject of an account: every user JWT of the ledger that servers let in and whose permissions give the subject, in the
 * account itself and, through imports, in those that it exports to. Users whose JWTs were signed elsewhere are not in the ledger.
 */
import { isNatsctlError } from '../../claims/errors.js';
import { judgeImport } from '../../claims/explain/import.js';
import { makeRealm, type Realm } from '../../claims/explain/realm.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { effectivePermissions } from '../../claims/permission/defaults.js';
import { matches, overlaps } from '../../claims/subject/match.js';
import { isLiteralSubject } from '../../claims/subject/subject.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { verifyUser } from '../../claims/trust/user.js';
import type { Import } from '../../claims/types.js';
import type { IssuedJwt } from '../../prisma/generated/client.js';
import { accountUnknown, findAccount } from '../accounts/find-account.js';
import { type Caller, hasRight } from '../auth/rights.js';
import { turns } from '../limits/turns.js';
import { servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { scanPage } from './scan-page.js';
import { type Reached, reachOf } from './subject-reach.js';

export interface Question {
  account: string;
  action: 'pub' | 'sub';
  /** Literal or with wildcards: then whoever can reach some of it is named too. */
  subject: string;
}

export interface Reacher extends Reached {
  row: IssuedJwt;
  /** The account the user is in. */
  account: string;
  /** What the user publishes or subscribes to. */
  subject: string;
}

/** A subject in an account from where the one that is asked about is reached. */
interface Way {
  account: VerifiedAccount;
  subject: string;
}

/** Accounts that import from one, looked at for one answer. */
const MAX_IMPORTERS = 200;
/** Each user JWT is judged as at a connect, its role's template filled. */
const MAX_JUDGED = 1_000;

export async function listReachers(
  service: Service,
  caller: Caller,
  question: Question,
  page: { limit: number; after?: string },
): Promise<{ items: Reacher[]; next?: string }> {
  const { db } = service.store;
  const now = service.now();
  const turn = turns();
  const ways = await waysTo(service, caller, question, now, turn);
  const accounts = [...new Set(ways.map(({ account }) => account.claims.sub))].sort();
  return scanPage<IssuedJwt, Reacher>(
    page,
    {
      read: (after, take) => usersOf(db, accounts, after, take, now),
      async pick(rows) {
        const reachers = [];
        for (const row of rows) {
          await turn();
          reachers.push(reacher(row, ways, question.action, now));
        }
        return reachers;
      },
      cursor: ({ accountKey, seq }) => `${accountKey}.${seq}`,
    },
    MAX_JUDGED,
  );
}

/** The users of one account after the other, each newest first. */
async function usersOf(
  db: Queries,
  accounts: string[],
  after: string | undefined,
  take: number,
  now: number,
): Promise<IssuedJwt[]> {
  const [from = '', seq = ''] = after?.split('.') ?? [];
  const rows: IssuedJwt[] = [];
  for (const accountKey of accounts) {
    if (accountKey < from || rows.length >= take) continue;
    const where = {
      accountKey,
      kind: 'user',
      OR: [{ exp: null }, { exp: { gte: BigInt(now) } }],
      ...(accountKey === from && { seq: { lt: Number(seq) } }),
    };
    rows.push(...(await db.issuedJwt.findMany({ where, orderBy: { seq: 'desc' }, take: take - rows.length })));
  }
  return rows;
}

async function waysTo(
  service: Service,
  caller: Caller,
  question: Question,
  now: number,
  turn: ReturnType<typeof turns>,
): Promise<Way[]> {
  const { db } = service.store;
  const own = await findAccount(db, question.account);
  const links = await db.accountImport.findMany({
    where: { exporterKey: own.key },
    orderBy: { importerKey: 'asc' },
    take: MAX_IMPORTERS,
    include: { importer: true },
  });
  // What the caller may not read is not told here either.
  const importers = links
    .map(({ importer }) => importer)
    .filter(({ key, operatorKey }) => hasRight(caller, 'read', { operator: operatorKey, account: key }));
  const accounts = [own, ...importers].map((row) => readStored('account', row));
  const realm = makeRealm(await servedOperators(db), accounts, now, accountUnknown);
  const ways: Way[] = [];
  const exporter = inForce(realm, own.key);
  if (exporter) ways.push({ account: exporter, subject: question.subject });
  for (const { key } of importers) {
    const account = key === own.key ? null : inForce(realm, key);
    for (const claim of account?.claims.nats.imports ?? []) {
      await turn();
      const subject = account && importedAs(account, claim, own.key, question, realm);
      if (subject) ways.push({ account, subject });
    }
  }
  return ways;
}

/** The subject under which an importing account has, by this import, the one that is asked about. */
function importedAs(
  importer: VerifiedAccount,
  claim: Import,
  exporter: string,
  { action, subject }: Question,
  realm: Realm,
): string | null {
  const type = action === 'pub' ? 'service' : 'stream';
  if (claim.account !== exporter || claim.type !== type) return null;
  const verdict = judgeImport(importer.claims, claim, realm);
  if (!verdict.works) return null;
  const { remote, local, toLocal } = verdict.subjects;
  if (!overlaps(remote, subject)) return null;
  // With wildcards on both sides it may be less than all of the import: more is told than less.
  const exact = isLiteralSubject(subject) && matches(remote, subject) ? toLocal.apply(subject) : null;
  return exact ?? local;
}

/** Null where servers would refuse the account: nobody in it reaches anything. */
function inForce(realm: Realm, key: string): VerifiedAccount | null {
  return orNull(() => realm.verified(key));
}

function reacher(row: IssuedJwt, ways: Way[], action: Question['action'], now: number): Reacher | null {
  const of = ways.filter(({ account }) => account.claims.sub === row.accountKey);
  const account = of[0]?.account;
  if (!account || row.claims === null) return null;
  const text = row.claims;
  return orNull(() => {
    const claims = parseClaims('user', text);
    // Its signature was checked when it was signed, and is not kept: the token of a bearer user is a secret.
    const { limits } = verifyUser({ kind: 'user', claims, token: '', version: 2 }, account, { now });
    const permissions = effectivePermissions(limits, account.claims.nats.default_permissions);
    for (const { subject } of of) {
      const reached = reachOf(permissions, action, subject);
      if (reached) return { ...reached, row, account: account.claims.sub, subject };
    }
    return null;
  });
}

/** What the law refuses is no reason to fail: it is refused on servers too. */
function orNull<T>(judged: () => T): T | null {
  try {
    return judged();
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}
