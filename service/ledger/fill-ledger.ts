/**
 * Puts what was here before there was a ledger into it. Once, in the background, page by page: a start does not wait for it. What is
 * changed meanwhile records itself.
 */
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ClaimsByKind } from '../../claims/types.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { turn } from '../turn.js';
import { type Issued, LEDGER_CHUNK, type LedgerKind, ledgerRow } from './record-issued.js';

/** Holds the number of the last audit entry that was there when the ledger began. */
const SINCE_META = 'ledger-since';
const FILLED_META = 'ledger-filled';

/** The number of the audit entry after which every JWT is in the ledger; null while it is not complete. */
export async function ledgerSince(queries: Queries): Promise<number | null> {
  const rows = await queries.meta.findMany({ where: { key: { in: [SINCE_META, FILLED_META] } } });
  const since = rows.find(({ key }) => key === SINCE_META);
  return since && rows.length === 2 ? Number(Buffer.from(since.value).toString('utf8')) : null;
}

/** Before anything is changed: from here on the ledger is whole. */
export async function beginLedger({ store }: Pick<Service, 'store'>): Promise<void> {
  await store.transaction(async (tx) => {
    if (await tx.meta.findUnique({ where: { key: SINCE_META } })) return;
    const last = await tx.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
    await tx.meta.create({ data: { key: SINCE_META, value: Buffer.from(String(last?.seq ?? 0)) } });
  });
}

export async function fillLedger(service: Pick<Service, 'store' | 'now'>, signal: AbortSignal): Promise<void> {
  const { store } = service;
  if (await store.db.meta.findUnique({ where: { key: FILLED_META } })) return;
  for (const source of SOURCES) {
    for (let after: string | null = ''; after !== null; ) {
      if (signal.aborted) return;
      const from: string = after;
      after = await store.transaction((tx) => fillPage(tx, source, from, service.now()));
      await turn();
    }
  }
  await store.db.meta.create({ data: { key: FILLED_META, value: Buffer.from('1') } });
}

type Stored = Omit<Issued, 'origin' | 'actor' | 'at'>;
interface Source {
  kind: LedgerKind;
  read(tx: Queries, after: string): Promise<{ key: string; jwt: string | null; operator: string; account?: string }[]>;
}

const byKey = (after: string) =>
  ({ where: { key: { gt: after } }, orderBy: { key: 'asc' }, take: LEDGER_CHUNK }) as const;

const SOURCES: readonly Source[] = [
  {
    kind: 'operator',
    read: async (tx, after) => (await tx.operator.findMany(byKey(after))).map((row) => ({ ...row, operator: row.key })),
  },
  {
    kind: 'account',
    read: async (tx, after) =>
      (await tx.account.findMany(byKey(after))).map((row) => ({ ...row, operator: row.operatorKey })),
  },
  {
    kind: 'user',
    read: async (tx, after) => {
      const rows = await tx.user.findMany({ ...byKey(after), include: { account: { select: { operatorKey: true } } } });
      return rows.map((row) => ({ ...row, operator: row.account.operatorKey, account: row.accountKey }));
    },
  },
  {
    kind: 'activation',
    read: async (tx, after) => {
      const rows = await tx.activation.findMany({
        where: { hash: { gt: after } },
        orderBy: { hash: 'asc' },
        take: LEDGER_CHUNK,
      });
      const keys = [...new Set(rows.map(({ exporterKey }) => exporterKey))];
      const exporters = await tx.account.findMany({
        where: { key: { in: keys } },
        select: { key: true, operatorKey: true },
      });
      const operators = new Map(exporters.map(({ key, operatorKey }) => [key, operatorKey]));
      return rows.map(({ hash, jwt, exporterKey }) => {
        return { key: hash, jwt, operator: operators.get(exporterKey) ?? '', account: exporterKey };
      });
    },
  },
];

/** @returns where to go on, null at the end */
async function fillPage(tx: Queries, { kind, read }: Source, after: string, at: number): Promise<string | null> {
  const found = await read(tx, after);
  const rows = found.flatMap((row) => {
    const claims = row.jwt === null ? null : readable(kind, row.jwt);
    if (row.jwt === null || claims === null || row.operator === '') return [];
    const stored = { kind, claims, token: row.jwt, operator: row.operator, account: row.account } as Stored;
    return [ledgerRow({ ...stored, origin: 'found', actor: null, at } as Issued)];
  });
  const known = await tx.issuedJwt.findMany({
    where: { hash: { in: rows.map(({ hash }) => hash) } },
    select: { hash: true },
  });
  const there = new Set(known.map(({ hash }) => hash));
  const data = rows.filter(({ hash }) => !there.has(hash));
  if (data.length > 0) await tx.issuedJwt.createMany({ data });
  if (kind === 'account') await fillImports(tx, found);
  return found.length < LEDGER_CHUNK ? null : (found.at(-1)?.key ?? null);
}

/** Who imports from whom is kept beside the JWT (service/accounts/save-account.ts), of accounts from before that too. */
async function fillImports(tx: Queries, accounts: { key: string; jwt: string | null }[]): Promise<void> {
  const pairs = accounts.flatMap(({ key: importerKey, jwt }) => {
    const claims = jwt === null ? null : readable('account', jwt);
    const exporters = new Set(claims?.nats.imports.map(({ account }) => account));
    return [...exporters].map((exporterKey) => ({ exporterKey, importerKey }));
  });
  if (pairs.length === 0) return;
  const where = { importerKey: { in: accounts.map(({ key }) => key) } };
  const known = new Set((await tx.accountImport.findMany({ where })).map(pairText));
  const data = pairs.filter((pair) => !known.has(pairText(pair)));
  if (data.length > 0) await tx.accountImport.createMany({ data });
}

function pairText({ exporterKey, importerKey }: { exporterKey: string; importerKey: string }): string {
  return `${exporterKey} ${importerKey}`;
}

/** One that was damaged is told by whoever serves it. */
function readable<K extends LedgerKind>(kind: K, token: string): ClaimsByKind[K] | null {
  try {
    return decodeAs(kind, token).claims;
  } catch {
    return null;
  }
}
