import type { WeightedMapping } from '../../../claims/types.js';
import { RawClient } from '../../unit/broker/raw-client.js';
import type { TestUser } from '../../unit/broker/world.js';
import { type Conversation, conforms } from './both.js';
import { announce, deliveries, later, say, withClients } from './scene.js';

/** Mappings of one account, and what is published into them. */
interface Trial {
  title: string;
  mappings: Readonly<Record<string, readonly WeightedMapping[]>>;
  publish: readonly string[];
}

const to = (...subjects: string[]): WeightedMapping[] => subjects.map((subject) => ({ subject }));

const TRIALS: readonly Trial[] = [
  { title: 'of a subject', mappings: { a: to('b') }, publish: ['a', 'b', 'a.x'] },
  {
    title: 'of wildcards, in any order',
    mappings: { 'a.*.*': to('b.$2.$1'), 'c.>': to('d.>'), 'e.*.>': to('f.{{wildcard(1)}}.>'), 'g.*': to('h') },
    publish: ['a.1.2', 'a.1', 'c.x.y', 'e.1.2.3', 'g.1', 'h'],
  },
  {
    // Of a source without wildcards nats-server gives now this, now that: not asked for here.
    title: 'partitions',
    mappings: {
      'p.*.*': to('p.{{partition(10,1,2)}}.$1.$2'),
      'one.*': to('one.{{Partition(5,1)}}'),
      'all.*': to('all.{{partition(10)}}.$1'),
      'zero.*': to('zero.{{partition(0,1)}}'),
    },
    publish: ['p.foo.bar', 'p.foo.baz', 'one.foo', 'one.baz', 'one.qux', 'all.x', 'zero.x'],
  },
  {
    title: 'splits and slices',
    mappings: {
      'a.*': to('{{splitFromLeft(1,3)}}'),
      'b.*': to('{{SplitFromRight(1,3)}}'),
      'c.*': to('{{sliceFromLeft(1,3)}}'),
      'd.*': to('{{sliceFromRight(1,3)}}'),
      'e.*': to('{{split(1,-)}}'),
      'f.*': to('x.{{splitFromLeft(1,10)}}'),
      'g.*': to('x.{{sliceFromLeft(1,10)}}'),
    },
    publish: ['a.12345', 'b.12345', 'c.1234567890', 'd.1234567890', 'e.-abc-def--ghi-', 'f.123', 'g.123'],
  },
  {
    title: 'to the left and the right',
    mappings: { 'a.*': to('l.{{left(1,2)}}'), 'b.*': to('r.{{right(1,2)}}') },
    publish: ['a.1234', 'b.1234', 'a.1'],
  },
  {
    title: 'at random between nothing and nothing else',
    mappings: { 'a.*': to('b.{{random(1)}}.$1') },
    publish: ['a.x'],
  },
  {
    title: 'that lose what they do not pass on',
    mappings: {
      half: [
        { subject: 'half', weight: 1 },
        { subject: 'other', weight: 99 },
      ],
      gone: [{ subject: 'gone', weight: 100 }],
    },
    publish: ['gone'],
  },
  {
    title: 'at fault, beside one that is not',
    mappings: {
      a: to('b'),
      'c.*': to('d.{{bogus(1)}}'),
      'e.*': to('f.$2'),
      'g.*': to('h.>'),
      i: to('j.{{wildcard(1)}}'),
    },
    publish: ['a', 'c.1', 'e.1', 'g.1', 'i'],
  },
  {
    title: 'for a cluster',
    mappings: {
      a: [
        { subject: 'here', weight: 100, cluster: 'C1' },
        { subject: 'there', weight: 100, cluster: 'C2' },
        { subject: 'anywhere', weight: 100 },
      ],
      b: [{ subject: 'there', weight: 100, cluster: 'C2' }],
    },
    publish: ['a', 'b'],
  },
  {
    title: 'are applied once',
    mappings: { a: to('b'), b: to('c') },
    publish: ['a', 'b'],
  },
];

interface Cast {
  users: Map<string, TestUser>;
  limited: TestUser;
  mapped: TestUser;
  live: { user: TestUser; tokens: string[] };
}

conforms<Cast>(
  'mappings',
  {
    options: () => ({ clusterName: 'C1' }),
    config: () => 'cluster { name: C1, listen: "127.0.0.1:-1" }',
    async cast(world) {
      const users = new Map<string, TestUser>();
      for (const { title, mappings } of TRIALS) {
        const account = await world.account(title, ({ nats }) => {
          for (const [source, list] of Object.entries(mappings)) nats.mappings.set(source, [...list]);
        });
        users.set(title, await account.user('u'));
      }
      const account = await world.account('L', ({ nats }) => nats.mappings.set('a', to('b')));
      const other = await world.account('M');
      return {
        users,
        mapped: await account.user('mapped'),
        limited: await account.user('limited', ({ nats }) => nats.pub.allow.push('a')),
        live: {
          user: await other.user('u'),
          tokens: await later(
            other,
            ({ nats }) => nats.mappings.set('a', to('b')),
            ({ nats }) => nats.mappings.set('a', to('c')),
            ({ nats }) => nats.mappings.clear(),
          ),
        },
      };
    },
  },
  [
    ...TRIALS.map(
      ({ title, publish }): Conversation<Cast> => ({
        title,
        play: (subject, { users }) =>
          withClients(subject, async (clients) => {
            const user = users.get(title) as TestUser;
            const listener = await clients.login(user, ['>']);
            await say(await clients.login(user), ...publish.map((each): [string, string] => [each, each]));
            return deliveries(await listener.soFar());
          }),
      }),
    ),
    {
      title: 'decide before permissions do',
      play: (subject, { limited }) =>
        withClients(subject, async (clients) => say(await clients.login(limited), ['a', 'x'])),
    },
    {
      title: 'hold for what is published in the same moment as CONNECT',
      differs: { ours: ['b 1 x'], theirs: ['a 1 x'] },
      play: async ({ port }, { mapped }) => {
        const client = await RawClient.open(port);
        client.send(`${await client.connectLine(mapped)}SUB > 1\r\nPUB a 1\r\nx\r\n`);
        const got = deliveries(await client.soFar());
        client.close();
        return got;
      },
    },
    {
      title: 'follow the account',
      play: (subject, { live: { user, tokens } }, world) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['>']);
          const publisher = await clients.login(user);
          const said = [];
          for (const token of tokens) {
            await announce(subject, world, token);
            await say(publisher, ['a', 'x']);
            said.push(deliveries(await listener.soFar()));
          }
          return said;
        }),
    },
  ],
);
