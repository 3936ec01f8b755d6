import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import { type Action, explainCan } from '../../../claims/explain/can.js';
import { makeRealm, type Realm } from '../../../claims/explain/realm.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { noLimits } from '../../../claims/jwt/new.js';
import { trustOperators } from '../../../claims/trust/operators.js';
import type { Export } from '../../../claims/types.js';
import { RawClient } from './raw-client.js';
import { brokerOf, makeWorld, now, type TestAccount, type TestUser, type World } from './world.js';

/** What `explain` says of a subject, beside what a running broker does with it. */

const INBOX = '_INBOX.0000000000000000000000.*';

const exported = (subject: string, type: 'stream' | 'service', more: Partial<Export> = {}): Export => ({
  subject,
  type,
  revocations: new Map(),
  ...more,
});

let world: World;
let bank: TestAccount;
let shop: TestAccount;
let broker: RunningBroker;
let realm: Realm;
const users = new Map<string, TestUser>();

beforeAll(async () => {
  world = await makeWorld();
  bank = await world.account('bank', ({ nats }) => {
    nats.exports.push(
      exported('pay.*', 'service'),
      exported('vault.*', 'service', { token_req: true }),
      exported('own.*.x', 'service', { account_token_position: 2 }),
      exported('ticks.>', 'stream'),
    );
    nats.mappings.set('pay.old', [{ subject: 'pay.new' }]);
    nats.mappings.set('pay.lost', [{ subject: 'pay.lost', weight: 1 }]);
  });
  shop = await world.account('shop');
  const good = await bank.activation(shop.id, 'vault.a', 'service');
  const late = await bank.activation(shop.id, 'vault.b', 'service', now() - 5);
  await shop.change(({ nats }) => {
    const account = bank.id;
    nats.imports.push(
      { account, subject: 'pay.*', local_subject: 'bank.pay.*', type: 'service' },
      { account, subject: 'vault.a', type: 'service', token: good },
      { account, subject: 'vault.b', type: 'service', token: late },
      { account, subject: 'vault.c', type: 'service' },
      { account, subject: `own.${shop.id}.x`, local_subject: 'own.x', type: 'service' },
      { account, subject: `own.${bank.id}.x`, local_subject: 'own.y', type: 'service' },
      { account, subject: 'ticks.>', local_subject: 'feed.>', type: 'stream' },
    );
    nats.mappings.set('in.*', [{ subject: 'out.$1' }]);
    nats.mappings.set('gone', [{ subject: 'secret.gone' }]);
    nats.default_permissions = { pub: { allow: [], deny: ['secret.>'] }, sub: { allow: [], deny: ['hidden.>'] } };
  });
  const template = {
    ...noLimits(),
    pub: { allow: ['role.{{name()}}.>'], deny: [] },
    sub: { allow: ['role.>', '_INBOX.>'], deny: [] },
  };
  const roleKey = await shop.signingKey(template);
  const revoked = await shop.user('revoked', (claims) => Object.assign(claims, { iat: now() - 100 }));
  await shop.change(({ nats }) => nats.revocations.set(revoked.id, now() - 50));
  users.set('plain', await shop.user('plain'));
  users.set('revoked', revoked);
  users.set('role', await shop.userOf(roleKey, 'ann', true));
  users.set('not scoped', await shop.userOf(roleKey, 'bob', false));
  users.set(
    'limited',
    await shop.user('limited', ({ nats }) => {
      nats.pub = { allow: ['a.*', 'bank.>', 'out.1'], deny: ['a.secret'] };
      nats.sub = { allow: ['feed.>', 'jobs workers'], deny: ['feed.private'] };
    }),
  );
  users.set(
    'responder',
    await shop.user('responder', ({ nats }) => {
      nats.resp = { max: 1, ttl: 0 };
    }),
  );
  users.set('mute', await shop.user('mute', ({ nats }) => Object.assign(nats, { subs: 0 })));
  users.set('elsewhere', await shop.user('elsewhere', ({ nats }) => nats.src.push('10.0.0.0/8')));
  users.set('later', await shop.user('later', (claims) => Object.assign(claims, { nbf: now() + 500 })));
  const operator = decodeAs('operator', world.operatorToken).claims;
  const accounts = world.tokens().map((token) => decodeAs('account', token));
  realm = makeRealm(trustOperators([operator]), accounts, now(), (id) => new Error(id));
  broker = await brokerOf(world);
});

afterAll(() => broker?.close());

const CASES: [user: string, action: Action, subject: string, expected: 'yes' | 'no', queue?: string][] = [
  ['plain', 'pub', 'anything', 'yes'],
  ['plain', 'pub', 'secret.x', 'no'],
  ['plain', 'pub', 'gone', 'no'],
  ['plain', 'pub', 'in.1', 'yes'],
  ['plain', 'pub', '_GR_.x', 'no'],
  ['plain', 'pub', '$NRG.x', 'no'],
  ['plain', 'sub', '>', 'yes'],
  ['plain', 'sub', 'hidden.x', 'no'],
  ['plain', 'sub', 'feed.>', 'yes'],
  ['plain', 'request', 'bank.pay.now', 'yes'],
  ['plain', 'request', 'bank.pay.old', 'yes'],
  ['plain', 'request', 'vault.a', 'yes'],
  ['plain', 'request', 'vault.b', 'no'],
  ['plain', 'request', 'vault.c', 'no'],
  ['plain', 'request', 'own.x', 'yes'],
  ['plain', 'request', 'own.y', 'no'],
  ['revoked', 'pub', 'anything', 'no'],
  ['later', 'sub', 'anything', 'no'],
  ['not scoped', 'pub', 'role.bob.x', 'no'],
  ['role', 'pub', 'role.ann.x', 'yes'],
  ['role', 'pub', 'role.bob.x', 'no'],
  ['role', 'sub', 'role.bob.x', 'yes'],
  ['role', 'sub', '>', 'no'],
  ['limited', 'pub', 'a.b', 'yes'],
  ['limited', 'pub', 'a.b.c', 'no'],
  ['limited', 'pub', 'a.secret', 'no'],
  ['limited', 'pub', 'in.1', 'yes'],
  ['limited', 'pub', 'in.2', 'no'],
  ['limited', 'sub', 'feed.>', 'yes'],
  ['limited', 'sub', 'feed.private', 'no'],
  ['limited', 'sub', 'jobs', 'no'],
  ['limited', 'sub', 'jobs', 'yes', 'workers'],
  ['limited', 'sub', 'jobs', 'no', 'others'],
  ['limited', 'request', 'bank.pay.now', 'no'],
  ['responder', 'pub', 'anything', 'no'],
  ['responder', 'sub', 'anything', 'yes'],
  ['mute', 'sub', 'anything', 'no'],
  ['mute', 'pub', 'anything', 'yes'],
  ['elsewhere', 'pub', 'anything', 'no'],
];

describe('explain says what the broker does', () => {
  it.each(CASES)('%s: %s %s: %s', async (name, action, subject, expected, queue) => {
    const user = users.get(name) as TestUser;
    const question = { action, subject, ip: '127.0.0.1', ...(queue !== undefined && { queue }) };
    const { answer, steps } = explainCan(decodeAs('user', user.token), question, realm);
    expect(answer, JSON.stringify(steps, null, 1)).toBe(expected);
    expect(steps.some(({ outcome }) => outcome === 'fail')).toBe(expected === 'no');
    for (const step of steps) {
      if (step.outcome === 'fail') expect(step.hint ?? step.message).toBeTruthy();
    }
    expect(await asBrokerDoes(user, action, subject, queue)).toBe(expected);
  });

  it('names the entry, the token and the way', () => {
    const told = (name: string, action: Action, subject: string) =>
      explainCan(decodeAs('user', (users.get(name) as TestUser).token), { action, subject }, realm).steps;
    expect(told('limited', 'pub', 'a.secret')).toContainEqual(
      expect.objectContaining({
        outcome: 'fail',
        check: 'publish.permission',
        token: { kind: 'user', key: users.get('limited')?.id, path: '/nats/pub/deny/0' },
      }),
    );
    expect(told('plain', 'request', 'bank.pay.old')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          outcome: 'pass',
          check: 'route.service',
          message: expect.stringContaining('"pay.old"'),
        }),
        expect.objectContaining({ outcome: 'info', check: 'mapping', message: expect.stringContaining('"pay.new"') }),
      ]),
    );
    expect(told('plain', 'request', 'vault.b')).toContainEqual(
      expect.objectContaining({ outcome: 'fail', code: 'ERR_ACTIVATION_EXPIRED' }),
    );
    expect(told('plain', 'sub', 'feed.>')).toContainEqual(
      expect.objectContaining({ check: 'source.stream', outcome: 'info' }),
    );
    expect(told('limited', 'sub', 'feed.>')).toContainEqual(
      expect.objectContaining({ check: 'subscribe.filter', outcome: 'warn' }),
    );
    expect(told('elsewhere', 'pub', 'x')).toContainEqual(
      expect.objectContaining({ check: 'user.source', outcome: 'unknown' }),
    );
    expect(told('revoked', 'pub', 'x').filter(({ outcome }) => outcome === 'fail')).toMatchObject([
      { check: 'user.revoked', code: 'ERR_USER_REVOKED' },
    ]);
  });
});

async function asBrokerDoes(user: TestUser, action: Action, subject: string, queue = ''): Promise<'yes' | 'no'> {
  const client = await RawClient.open(broker.port);
  const service = await RawClient.login(broker.port, await bank.user('service'));
  try {
    client.send(await client.connectLine(user, { no_responders: true }));
    client.send('PING\r\n');
    const entered = await client.until('PONG\r\n').catch(() => null);
    if (entered === null) return 'no';
    service.send('SUB > 1\r\n');
    await service.soFar();
    if (action === 'sub') client.send(`SUB ${subject} ${queue} 1\r\n`);
    else if (action === 'pub') client.send(`PUB ${subject} 0\r\n\r\n`);
    else client.send(`SUB ${INBOX} 1\r\nPUB ${subject} ${INBOX.replace('*', '1')} 0\r\n\r\n`);
    const said = await client.soFar().catch(() => '-ERR closed');
    if (said.includes('-ERR')) return 'no';
    if (action !== 'request') return 'yes';
    return /^H?MSG /m.test(await service.soFar()) ? 'yes' : 'no';
  } finally {
    client.close();
    service.close();
  }
}
