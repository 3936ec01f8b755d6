import { readFileSync, truncateSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readAccount } from '../../cli/store/store.js';
import { startService } from '../../service/start.js';
import { rowOf, shop } from '../unit/cli/sync/shop.js';
import { testFolder } from '../unit/service/folder.js';

it('an account whose token was damaged is fetched again as the error says, and what was left of it is kept', async () => {
  const { workspace, push, pull, orders, read } = await shop();
  await push();
  const { token } = await read();
  const { file } = await readAccount(workspace.store, 'orders');
  truncateSync(file, 300);
  await expect(read()).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED', hint: expect.stringContaining('pull A') });
  expect(rowOf(await pull())).toMatchObject({ result: 'refused', code: 'ERR_STORE_DAMAGED' });
  expect(rowOf(await pull({ accounts: [orders.publicKey] }))).toMatchObject({ result: 'updated' });
  expect((await read()).token).toBe(token);
  const left = path.join(workspace.store.dir, '.natsctl', 'damaged', 'orders.jwt');
  expect(readFileSync(left, 'utf8')).toBe(token.slice(0, 300));
  expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
});

it('a data folder whose lock cannot be taken for another reason is not said to be in use', async () => {
  const dataDir = await testFolder();
  await writeFile(path.join(dataDir, 'service.lock'), 'x'.repeat(8_192));
  await expect(startService({ dataDir, port: -1 })).rejects.toMatchObject({ code: 'ERR_DATA_DIR' });
});
