import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { Seed } from '../../../claims/keys/seed.js';
import { RawClient } from './raw-client.js';
import { makeWorld, type TestUser, type World } from './world.js';

const REFUSED = "-ERR 'Authorization Violation'";

/** An operator that demands signing keys beside one that does not, trusted by one broker; a third is trusted by nobody. */
describe('several operators', () => {
  let plain: World;
  let strict: World;
  let foreign: World;
  let broker: RunningBroker;
  const users: Record<string, TestUser> = {};

  beforeAll(async () => {
    [plain, strict, foreign] = [await makeWorld(), await makeWorld(true), await makeWorld()];
    const [a, b, c] = [await plain.account('A'), await strict.account('B'), await foreign.account('C')];
    users.plain = await a.user('u');
    users['by the identity key under strict'] = await b.user('u');
    users['by a signing key under strict'] = await b.userOf(await b.signingKey(), 'u', false);
    users.foreign = await c.user('u');
    users['of the second system account'] = await strict.system.userOf(await strict.system.signingKey(), 's', false);
    broker = await startBroker({
      port: -1,
      operators: [plain.operatorToken, strict.operatorToken],
      resolver: { memory: [...plain.tokens(), ...strict.tokens(), ...foreign.tokens()] },
    });
  });
  afterAll(() => broker.close());

  it.each([
    ['plain', 'PONG'],
    ['by the identity key under strict', REFUSED],
    ['by a signing key under strict', 'PONG'],
    ['foreign', REFUSED],
    ['of the second system account', 'PONG'],
  ])('a user %s', async (name, expected) => {
    const client = await RawClient.open(broker.port);
    client.send(await client.connectLine(users[name] as TestUser));
    client.send('PING\r\n');
    expect((await client.until('\r\n')).trim()).toBe(expected);
    client.close();
  });

  it('are not trusted twice, nor with a key that is none', async () => {
    const twice = { port: -1, operators: [plain.operatorToken, plain.operatorToken], resolver: { memory: [] } };
    await expect(startBroker(twice)).rejects.toMatchObject({ code: 'ERR_OPERATOR_DUPLICATE' });
    const none = { ...twice, operators: [Seed.generate('operator').publicKey] };
    await expect(startBroker(none)).rejects.toMatchObject({ code: 'ERR_BROKER_OPERATORS' });
  });
});
