import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { secretOfFile } from '../../../../cli/sync/access-token.js';
import { push } from '../../../../cli/sync/push.js';
import type { PushOptions } from '../../../../cli/sync/push-row.js';
import { retireAccount } from '../../../../cli/sync/retire.js';
import { startService } from '../../../../service/start.js';
import { tempDir } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';
import { changeAccountHere, heldAt, now } from './nats-system.js';
import { rowOf } from './shop.js';

const USER = Seed.generate('user').publicKey;

it('our own service drops a revocation for an admin who forces it, and takes the end of an account', async () => {
  const workspace = await tempWorkspace({ now: now() });
  const { publicKey } = await createAccount(workspace, { name: 'orders' });
  const service = await startService({ dataDir: tempDir(), port: -1, logger: pino({ level: 'silent' }) });
  onTestFinished(() => service.close());
  const operator = await readOperator(workspace.store);
  await service.adoptOperator({ operatorToken: operator.token, accounts: [] });
  const at = { service: service.url };
  const pushing = async (more: PushOptions = {}) => rowOf(await push({ ...workspace, now: now() }, { ...at, ...more }));
  await changeAccountHere(workspace, (claims) => claims.nats.revocations.set(USER, now()));
  expect(await pushing()).toMatchObject({ result: 'created' });
  await changeAccountHere(workspace, (claims) => claims.nats.revocations.delete(USER));
  expect(await pushing()).toMatchObject({
    result: 'refused',
    hint: expect.stringMatching(/pull first[\s\S]*--token-file/),
  });
  expect(await pushing({ force: true })).toMatchObject({ result: 'refused' });
  const accessToken = await secretOfFile(service.adminTokenFile);
  expect(await pushing({ force: true, accessToken: 'x.y.z' })).toMatchObject({ result: 'refused' });
  expect(await pushing({ force: true, accessToken })).toMatchObject({ result: 'updated' });

  const account = await readAccount(workspace.store, 'orders');
  const retired = await retireAccount({ ...workspace, now: now() }, account, at);
  expect(retired).toMatchObject({ kind: 'service', result: 'expiring' });
  const { claims } = decodeAs('account', (await heldAt(workspace, at, publicKey)).token as string);
  expect([claims.exp, [...claims.nats.revocations.keys()]]).toEqual([retired.expires, ['*']]);
});
