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
import { isLiteralSubject, tokenize } from '../../claims/subject/subject.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { verifyUser } from '../../claims/trust/user.js';
import type { AccountClaims, Import } from '../../claims/types.js';
import type { Account, IssuedJwt } from '../../prisma/generated/client.js';
import { accountUnknown, findAccount } from '../accounts/find-account.js';
import { type Caller, hasRight } from '../auth/rights.js';
import { servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { turns } from '../turn.js';
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

/** Accounts that import from one, looked at for one answer, and subjects under which they have what is asked about. */
const MAX_IMPORTERS = 200;
const MAX_WAYS = 1_000;
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
  const rows = await withImporters(db, caller, own, question.action, turn);
  const accounts = [...rows.values()].map((row) => readStored('account', row));
  const realm = makeRealm(await servedOperators(db), accounts, now, accountUnknown);
  const imports = importsByExporter(realm, rows, question.action);
  const ways: Way[] = [];
  const known = new Set<string>();
  const add = (account: VerifiedAccount, subject: string) => {
    const name = `${account.claims.sub} ${subject}`;
    if (known.has(name) || ways.length >= MAX_WAYS) return;
    known.add(name);
    ways.push({ account, subject });
  };
  const exporter = inForce(realm, own.key);
  if (exporter) add(exporter, question.subject);
  // It grows while it is gone through: what one account imports another may import from it.
  for (const { account, subject } of ways) {
    const wanted = question.action === 'pub' ? [subject, ...mappedTo(account.claims, subject)] : [subject];
    for (const { importer, claim } of imports.get(account.claims.sub) ?? []) {
      await turn();
      for (const one of wanted) {
        const as = importedAs(importer, claim, one, realm);
        if (as !== null) add(importer, as);
      }
    }
    // Servers pass a request on from import to import, and a stream no further than to who imports it.
    if (question.action === 'sub') break;
  }
  return ways;
}

interface Importing {
  importer: VerifiedAccount;
  claim: Import;
}

/** The imports of the accounts that are in force, by who exports what they import. */
function importsByExporter(
  realm: Realm,
  rows: ReadonlyMap<string, Account>,
  action: Question['action'],
): Map<string, Importing[]> {
  const type = action === 'pub' ? 'service' : 'stream';
  const found = new Map<string, Importing[]>();
  for (const key of rows.keys()) {
    const importer = inForce(realm, key);
    for (const claim of importer?.claims.nats.imports ?? []) {
      if (importer === null || claim.type !== type || claim.account === key) continue;
      const others = found.get(claim.account) ?? [];
      others.push({ importer, claim });
      found.set(claim.account, others);
    }
  }
  return found;
}

/** The account and those that import from it, of services also by way of others. What the caller may not read is not told here either. */
async function withImporters(
  db: Queries,
  caller: Caller,
  own: Account,
  action: Question['action'],
  turn: ReturnType<typeof turns>,
): Promise<Map<string, Account>> {
  const found = new Map([[own.key, own]]);
  for (const { key } of found.values()) {
    const links = await db.accountImport.findMany({
      where: { exporterKey: key },
      orderBy: { importerKey: 'asc' },
      take: MAX_IMPORTERS,
      include: { importer: true },
    });
    for (const { importer } of links) {
      const scope = { operator: importer.operatorKey, account: importer.key };
      if (found.size <= MAX_IMPORTERS && hasRight(caller, 'read', scope)) found.set(importer.key, importer);
    }
    if (action === 'sub') break;
    await turn();
  }
  return found;
}

/**
 * What the mappings of an account take to a subject: a request that comes there by an import goes on to it. Where a mapping has wildcards it
 * may be more than that: more is told than less.
 */
function mappedTo({ nats }: AccountClaims, subject: string): string[] {
  return [...nats.mappings].flatMap(([from, to]) =>
    to.some((one) => overlaps(pattern(one.subject), subject)) ? [from] : [],
  );
}

/** A destination as a pattern: where it puts in what a wildcard stood for, any word may come. */
function pattern(destination: string): string {
  return tokenize(destination)
    .map((word) => (/^\$\d+$|\{\{/.test(word) ? '*' : word))
    .join('.');
}

/** The subject under which an importing account has, by this import, the one that is asked about. */
function importedAs(importer: VerifiedAccount, claim: Import, subject: string, realm: Realm): string | null {
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
    // The limit of the user or its account lets it subscribe to nothing.
    if (action === 'sub' && (limits.subs === 0 || account.claims.nats.limits.subs === 0)) return null;
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
