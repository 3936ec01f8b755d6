import { describe, expect, it } from 'vitest';
import { openTestStore } from './database.js';
import { testFolder } from './folder.js';

const operator = { key: 'O', name: 'o', jwt: 'x', jti: 'y', iat: 0n, updatedAt: 0n };

describe('transactions', () => {
  it('loses no update among transactions that run at once', async () => {
    const store = await openTestStore(await testFolder());
    await store.db.operator.create({ data: operator });
    await Promise.all(
      Array.from({ length: 40 }, () =>
        store.transaction(async (tx) => {
          const { iat } = await tx.operator.findUniqueOrThrow({ where: { key: 'O' } });
          await tx.operator.update({ where: { key: 'O' }, data: { iat: iat + 1n } });
        }),
      ),
    );
    expect((await store.db.operator.findUniqueOrThrow({ where: { key: 'O' } })).iat).toBe(40n);
    await store.close();
  });

  it('takes back everything a failed transaction wrote, and goes on', async () => {
    const store = await openTestStore(await testFolder());
    const failing = store.transaction(async (tx) => {
      await tx.operator.create({ data: operator });
      await tx.operator.create({ data: operator });
    });
    await expect(failing).rejects.toMatchObject({ code: 'P2002' });
    expect(await store.db.operator.count()).toBe(0);
    await store.transaction((tx) => tx.operator.create({ data: operator }));
    expect(await store.db.operator.count()).toBe(1);
    await store.close();
  });
});
