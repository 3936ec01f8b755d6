import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { Seed } from '../../claims/keys/seed.js';

/** The official JavaScript client against every way to authenticate that needs no operator. */
const key = Seed.generate('user');
const seed = new TextEncoder().encode(key.reveal());
/** bcrypt of `secret`. */
const HASH = '$2a$04$XqxwAM.AEoWKuXbD2OkVTuLy/sAOBT2i8jy4xepQyEDbEiGI0/Ete';
const users = [{ user: 'plain', password: 'p' }, { user: 'hashed', password: HASH }, { nkey: key.publicKey }];

const SETTINGS: [string, BrokerOptions, Omit<ConnectionOptions, 'servers'>[], Omit<ConnectionOptions, 'servers'>[]][] =
  [
    ['no authentication', {}, [{}, { user: 'x', pass: 'y' }], []],
    ['a token', { authorization: { token: 'secret' } }, [{ token: 'secret' }], [{}, { token: 'x' }]],
    ['a hashed token', { authorization: { token: HASH } }, [{ token: 'secret' }], [{ token: HASH }]],
    [
      'users',
      { authorization: { users } },
      [{ user: 'plain', pass: 'p' }, { user: 'hashed', pass: 'secret' }, { authenticator: nkeyAuthenticator(seed) }],
      [{}, { user: 'plain', pass: 'x' }, { user: 'hashed', pass: HASH }],
    ],
    [
      'a user without credentials',
      { authorization: { users }, noAuthUser: 'plain' },
      [{}],
      [{ user: 'plain', pass: 'x' }],
    ],
  ];

describe.each(SETTINGS)('%s', (_title, options, letIn, refused) => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await startBroker({ port: -1, ...options });
  });
  afterAll(() => broker.close());

  const login = (more: ConnectionOptions): Promise<NatsConnection> =>
    connect({ servers: broker.url, reconnect: false, ...more });

  it('lets the client in, which publishes, subscribes and asks', async () => {
    for (const more of letIn) {
      const client = await login(more);
      client.subscribe('ask', { callback: (_error, message) => void message.respond(message.data) });
      expect((await client.request('ask', 'hello')).string()).toBe('hello');
      await client.drain();
    }
  });

  it('keeps others out', async () => {
    for (const more of refused) await expect(login(more)).rejects.toThrow(/authorization violation/i);
  });
});
