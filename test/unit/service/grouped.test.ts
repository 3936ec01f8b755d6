import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { noteChanged } from '../../../service/store/changed-accounts.js';
import { grouped } from '../../../service/store/grouped.js';
import type { Queries } from '../../../service/store/open.js';
import { NOW, runService } from './service.js';

/** A work that has nothing to read. */
const only = <T>(write: (tx: Queries) => Promise<T>) => ({ account: 'none', read: async () => null, write });

/** Transactions that keep what they wrote only if they end well. */
function ledger() {
  const kept: string[] = [];
  const transactions: string[][] = [];
  const written = new WeakMap<object, string[]>();
  const transaction = async <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    const tx = {} as Queries;
    written.set(tx, []);
    const result = await work(tx);
    transactions.push(written.get(tx) ?? []);
    kept.push(...(written.get(tx) ?? []));
    return result;
  };
  const write = (tx: Queries, what: string) => {
    noteChanged(tx, what);
    written.get(tx)?.push(what);
  };
  return { kept, transactions, transaction, write };
}

describe('works that wait at the same time', () => {
  it('share a transaction, in their order, and are answered after it', async () => {
    const { transactions, transaction, write } = ledger();
    const run = grouped(transaction);
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((what) =>
        run(
          only(async (tx) => {
            write(tx, what);
            expect(transactions).toEqual([]);
            return what;
          }),
        ),
      ),
    );
    expect(answers).toEqual(['a', 'b', 'c']);
    expect(transactions).toEqual([['a', 'b', 'c']]);
  });

  it('are refused by themselves, and one that fails half-way leaves nothing of its own', async () => {
    const { kept, transaction, write } = ledger();
    const run = grouped(transaction);
    const results = await Promise.allSettled([
      run(only(async (tx) => write(tx, 'a'))),
      run(only(() => Promise.reject(new Error('refused')))),
      run(
        only(async (tx) => {
          write(tx, 'half');
          throw new Error('failed');
        }),
      ),
      run(only(async (tx) => write(tx, 'b'))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ reason: { message: 'failed' } });
    expect(kept).toEqual(['a', 'b']);
  });

  it('are not refused for a statement of another that failed, after which PostgreSQL takes no more of that transaction', async () => {
    const { kept, transaction, write } = ledger();
    const aborted = new WeakSet<Queries>();
    const ask = (tx: Queries) => {
      if (aborted.has(tx)) throw new Error('current transaction is aborted');
    };
    const run = grouped((work) =>
      transaction(async (tx) => {
        const result = await work(tx);
        ask(tx);
        return result;
      }),
    );
    const results = await Promise.allSettled([
      run(only(async (tx) => write(tx, 'a'))),
      run({
        account: 'b',
        write: async () => null,
        read: async (tx) => {
          aborted.add(tx);
          throw new Error('canceling statement due to statement timeout');
        },
      }),
      run({ account: 'c', read: async (tx) => ask(tx), write: async (tx) => write(tx, 'c') }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(kept).toEqual(['a', 'c']);
  });

  it('see what one before them did to their account', async () => {
    const { transactions, transaction, write } = ledger();
    const run = grouped(transaction);
    const held: string[] = [];
    const work = (account: string, what: string) => ({
      account,
      read: async () => held.filter((one) => one.startsWith(account)),
      write: async (tx: Queries, read: string[]) => {
        write(tx, account);
        held.push(account + what);
        return read;
      },
    });
    expect(await Promise.all([run(work('a', '1')), run(work('b', '1')), run(work('a', '2'))])).toEqual([
      [],
      [],
      ['a1'],
    ]);
    expect(transactions).toHaveLength(1);
  });

  it('all fail where the commit does', async () => {
    const run = grouped(async (work) => {
      await work({} as Queries);
      throw new Error('the disk is full');
    });
    const results = await Promise.allSettled([run(only(async () => 'a')), run(only(async () => 'b'))]);
    expect(results).toMatchObject(Array(2).fill({ status: 'rejected', reason: { message: 'the disk is full' } }));
  });
});

it('many pushes at once are each answered for what became of them', async () => {
  const service = await runService();
  const keys = Array.from({ length: 40 }, () => Seed.generate('account').publicKey);
  const tokens = await Promise.all(
    keys.map((key, at) =>
      service.operator.account(key, (claims) => {
        claims.name = at % 10 === 9 ? 'same' : `account-${at}`;
        if (at % 10 === 5) claims.exp = NOW - 1;
      }),
    ),
  );
  const replies = await Promise.all(keys.map((key, at) => service.push(key, tokens[at] as string)));
  const codes = replies.map(({ status, json }) => json?.code ?? status);
  const same = codes.filter((_, at) => at % 10 === 9).sort();
  expect(same).toEqual([201, 'ERR_ACCOUNT_NAME_TAKEN', 'ERR_ACCOUNT_NAME_TAKEN', 'ERR_ACCOUNT_NAME_TAKEN']);
  for (const [at, key] of keys.entries()) {
    if (at % 10 === 5) expect(codes[at]).toBe('ERR_ACCOUNT_EXPIRED');
    else if (at % 10 !== 9) expect(codes[at]).toBe(201);
    const { status, text } = await service.get(`/jwt/v1/accounts/${key}`);
    expect([status, codes[at] === 201 && text]).toEqual(codes[at] === 201 ? [200, tokens[at]] : [404, false]);
  }
  const { json } = await service.api('GET', '/audit?limit=1000');
  const entities = json.items.map(({ entity }: { entity: string }) => entity);
  expect(keys.filter((key) => entities.includes(key))).toHaveLength(codes.filter((code) => code === 201).length);
});
