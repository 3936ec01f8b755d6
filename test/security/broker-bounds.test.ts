import { afterEach, describe, expect, it } from 'vitest';
import { Account } from '../../broker/account/account.js';
import type { RunningBroker } from '../../broker/options.js';
import { responsesOf } from '../../broker/routing/responses.js';
import { Subscription } from '../../broker/routing/subscription.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { ExportType } from '../../claims/types.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, now, type TestAccount } from '../unit/broker/world.js';

/** What one tenant can make the broker do for few bytes: each of these once stopped it for everybody. */
let broker: RunningBroker | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker?.close();
  broker = undefined;
});

async function login(account: TestAccount): Promise<RawClient> {
  const client = await RawClient.login(broker?.port ?? 0, await account.user('someone'));
  clients.push(client);
  return client;
}

describe('requests to another account', () => {
  async function twoAccounts(): Promise<[Account, Account]> {
    const world = await makeWorld();
    const trusted = trustOperators([decodeAs('operator', world.operatorToken).claims]);
    const load = async (name: string): Promise<Account> => {
      const { token, id } = await world.account(name);
      return new Account(id, verifyAccount(token, trusted, { now: now() }), false);
    };
    return [await load('ASKER'), await load('RESPONDER')];
  }

  it('may share one reply in any number, and be forgotten together', async () => {
    const [asker, responder] = await twoAccounts();
    const waiting = new Subscription('inbox', '', '1', null, () => {});
    asker.subscribe(waiting);
    for (let i = 0; i < 200_000; i++) responsesOf(responder).expect(asker, 'inbox', 'Singleton', 120_000);
    asker.unsubscribe(waiting);
    expect(responder.responses?.size).toBe(0);
    responder.responses?.close();
  });

  it('are bounded, and the latest are kept', async () => {
    const [asker, responder] = await twoAccounts();
    let latest = '';
    for (let i = 0; i < 400_000; i++) {
      latest = responsesOf(responder).expect(asker, 'inbox', 'Stream', 120_000).subject;
    }
    expect(responder.responses?.size).toBeLessThanOrEqual(262_144);
    expect(responder.responses?.get(latest)).toBeDefined();
    responder.responses?.close();
  });

  it('end with their threshold, though nobody looks at that moment', async () => {
    const [asker, responder] = await twoAccounts();
    const pending = responsesOf(responder).expect(asker, 'inbox', 'Stream', 60_000);
    pending.seen -= 60_001;
    expect(responder.responses?.get(pending.subject)).toBeUndefined();
    expect(responder.responses?.size).toBe(0);
    responder.responses?.close();
  });
});

describe('subscriptions', () => {
  it('of very many tokens cost a small multiple of their bytes', async () => {
    const world = await makeWorld();
    const a = await world.account('A');
    broker = await brokerOf(world);
    const client = await login(a);
    const before = process.memoryUsage().heapUsed;
    const tail = '.a'.repeat(2_000);
    for (let i = 0; i < 1_000; i++) client.send(`SUB ${i % 2 === 0 ? '' : 'same.'}${i}${tail}.${i} ${i}\r\n`);
    expect(await client.soFar()).toBe('');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
    client.send(`PUB 998${tail}.998 2\r\nhi\r\nPUB same.999${tail}.999 2\r\nhi\r\nPUB 998${tail}.999 2\r\nhi\r\n`);
    expect((await client.soFar()).split('MSG ').length).toBe(3);
  });

  it('leave routes of others intact when very many of them end at once', async () => {
    const world = await makeWorld();
    const a = await world.account('A');
    broker = await brokerOf(world);
    const [many, one, from] = [await login(a), await login(a), await login(a)];
    for (let i = 0; i < 1_000; i++) many.send(`SUB w.${i} ${i}\r\nSUB *.${i} x${i}\r\n`);
    one.send('SUB w.7 1\r\n');
    await many.soFar();
    await one.soFar();
    from.send('PUB w.7 1\r\na\r\n');
    await from.soFar();
    expect((await many.soFar()).split('MSG ').length).toBe(3);
    many.close();
    await expect.poll(() => broker?.connections()).toBe(2);
    from.send('PUB w.7 1\r\nb\r\n');
    await from.soFar();
    expect(await one.soFar()).toBe('MSG w.7 1 1\r\na\r\nMSG w.7 1 1\r\nb\r\n');
  });
});

describe('imports', () => {
  it.each(['stream', 'service'] as const)('of a %s along ways that double with every account end', async (kind) => {
    const world = await makeWorld();
    const exported = { subject: '>', type: kind satisfies ExportType, revocations: new Map<string, number>() };
    const first = await world.account('first', ({ nats }) => void nats.exports.push(exported));
    let before = [first];
    for (let level = 0; level < 24; level++) {
      const here: TestAccount[] = [];
      for (const side of ['l', 'r']) {
        const account = await world.account(`${side}${level}`, ({ nats }) => {
          nats.exports.push(exported);
          for (const { id } of before) nats.imports.push({ account: id, subject: 's.x', type: kind });
        });
        here.push(account);
      }
      before = here;
    }
    broker = await brokerOf(world);
    const ends = [await login(first), await login(before[0] as TestAccount)];
    const [from, to] = (kind === 'stream' ? ends : ends.reverse()) as [RawClient, RawClient];
    to.send('SUB s.x 1\r\n');
    await to.soFar();
    from.send('PUB s.x 1\r\nx\r\n');
    await from.soFar();
    // A request goes on from account to account; a stream crosses one border only (docs/broker.md).
    expect(await to.soFar()).toEqual(kind === 'service' ? expect.stringContaining('MSG s.x 1 ') : '');
    to.send('UNSUB 1\r\n');
    await to.soFar();
  });
});
