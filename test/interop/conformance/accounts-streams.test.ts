import type { Import } from '../../../claims/types.js';
import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms } from './both.js';
import { announce, deliveries, exported, imported, later, say, withClients } from './scene.js';

/** What is imported, subscribed to, published; and what has arrived is compared. */
interface Scene {
  title: string;
  exports: readonly string[];
  imports: readonly (readonly [subject: string, more: Partial<Import>])[];
  subscribe: readonly string[];
  publish: readonly string[];
}

const SCENES: readonly Scene[] = [
  {
    title: 'comes under its own subject',
    exports: ['a.>'],
    imports: [['a.>', {}]],
    subscribe: ['a.x', 'a.*', 'a.>', '>', '*.x', 'a.x.y', 'b', '*.>'],
    publish: ['a.x', 'a.x.y', 'a', 'b'],
  },
  {
    title: 'comes with a prefix in front',
    exports: ['a.*'],
    imports: [['a.*', { to: 'in' }]],
    subscribe: ['in.a.x', 'in.a.*', 'in.>', '*.a.*', 'a.x', 'a.*'],
    publish: ['a.x', 'a.y', 'in.a.x'],
  },
  {
    title: 'comes with a prefix that ends with a dot',
    exports: ['a.*'],
    imports: [['a.*', { to: 'in.' }]],
    subscribe: ['in.a.x', '>'],
    publish: ['a.x'],
  },
  {
    title: 'comes under another subject, tokens turned',
    exports: ['a.*.*'],
    imports: [['a.*.*', { local_subject: 'b.$2.c.$1' }]],
    subscribe: ['b.2.c.1', 'b.*.c.1', 'b.>', 'b.2.>', 'b.2.c.*', 'b.*.*.1', 'b.*.d.1', 'a.1.2', '*.2.*.*'],
    publish: ['a.1.2', 'a.2.1', 'a.1'],
  },
  {
    title: 'is imported narrower than exported',
    exports: ['a.>'],
    imports: [['a.b.*', {}]],
    subscribe: ['>', 'a.*.x', 'a.b.x', 'a.c.x'],
    publish: ['a.b.x', 'a.c.x', 'a.b.x.y'],
  },
  {
    title: 'is not imported wider than exported',
    exports: ['a.b.*'],
    imports: [['a.>', {}]],
    subscribe: ['>'],
    publish: ['a.b.x'],
  },
  {
    title: 'is there once, however many imports there are of it',
    exports: ['a.*'],
    imports: [
      ['a.*', {}],
      ['a.x', { local_subject: 'other' }],
    ],
    subscribe: ['>', 'a.x', 'other', 'a.*'],
    publish: ['a.x', 'a.y'],
  },
  {
    title: 'of one exporter comes twice when it is imported under two subjects',
    exports: ['a.>'],
    imports: [
      ['a.*', { to: 'one' }],
      ['a.>', { to: 'two' }],
    ],
    subscribe: ['one.>', 'two.>', '*.a.x'],
    publish: ['a.x', 'a.x.y'],
  },
  {
    title: 'as a queue group',
    exports: ['a.*'],
    imports: [['a.*', {}]],
    subscribe: ['a.* q', 'a.x p'],
    publish: ['a.x', 'a.y'],
  },
  {
    title: 'with > renamed',
    exports: ['a.>'],
    imports: [['a.>', { local_subject: 'b.>' }]],
    subscribe: ['b.x', 'b.>', 'b.*', 'a.>', '*.x.y'],
    publish: ['a.x', 'a.x.y'],
  },
  {
    title: 'with * and > renamed',
    exports: ['a.*.>'],
    imports: [['a.*.>', { local_subject: 'b.$1.c.>' }]],
    subscribe: ['b.x.c.y', 'b.>', 'b.*.c.>', 'b.x.*.y.z'],
    publish: ['a.x.y', 'a.x.y.z', 'a.x'],
  },
];

interface Parties {
  exporter: TestAccount;
  from: TestUser;
  to: TestUser;
}

async function parties(world: World, { exports, imports }: Pick<Scene, 'exports' | 'imports'>): Promise<Parties> {
  const exporter = await world.account('E', ({ nats }) => {
    for (const subject of exports) nats.exports.push(exported(subject, 'stream'));
  });
  const importer = await world.account('I', ({ nats }) => {
    for (const [subject, more] of imports) nats.imports.push(imported(exporter, subject, 'stream', more));
  });
  return { exporter, from: await exporter.user('from'), to: await importer.user('to') };
}

function scene({ title, subscribe, publish }: Scene): Conversation<Cast> {
  return {
    title,
    play: (subject, { scenes }) =>
      withClients(subject, async (clients) => {
        const { from, to } = scenes.get(title) as Parties;
        const listener = await clients.login(to, subscribe);
        const publisher = await clients.login(from);
        await say(publisher, ...publish.map((each): [string, string] => [each, each]));
        return deliveries(await listener.soFar());
      }),
  };
}

interface Live {
  exporter: TestAccount;
  from: TestUser;
  to: TestUser;
  tokens: string[];
}

interface Cast {
  scenes: Map<string, Parties>;
  live: Map<string, Live>;
  cycle: { users: TestUser[] };
  two: { from: TestUser[]; to: TestUser };
  both: Parties;
}

/** Claims follow each other; after each of them it is tried again what arrives. */
const LIVE = new Map<string, (world: World) => Promise<Live>>([
  [
    'follows its export: gone, back, private, with a position',
    async (world) => {
      const { exporter, from, to } = await parties(world, { exports: ['a.*'], imports: [['a.*', {}]] });
      const tokens = await later(
        exporter,
        ({ nats }) => void nats.exports.splice(0),
        ({ nats }) => nats.exports.push(exported('a.*', 'stream')),
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { token_req: true }),
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { token_req: false, account_token_position: 2 }),
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { account_token_position: 0 }),
      );
      return { exporter, from, to, tokens };
    },
  ],
  [
    'follows its import: gone, back under another name',
    async (world) => {
      const exporter = await world.account('E', ({ nats }) => nats.exports.push(exported('a.*', 'stream')));
      const importer = await world.account('I', ({ nats }) => nats.imports.push(imported(exporter, 'a.*', 'stream')));
      const tokens = await later(
        importer,
        ({ nats }) => void nats.imports.splice(0),
        ({ nats }) => nats.imports.push(imported(exporter, 'a.*', 'stream', { to: 'a' })),
        ({ nats }) => Object.assign(nats.imports[0] ?? {}, { to: undefined }),
      );
      return { exporter, from: await exporter.user('from'), to: await importer.user('to'), tokens };
    },
  ],
  [
    'follows its activation: revoked, revoked for all, signed anew',
    async (world) => {
      const exporter = await world.account('E', ({ nats }) =>
        nats.exports.push(exported('a.*', 'stream', { token_req: true })),
      );
      const importer = await world.account('I');
      const token = await exporter.activation(importer.id, 'a.*', 'stream');
      await importer.change(({ nats }) => nats.imports.push(imported(exporter, 'a.*', 'stream', { token })));
      const iat = Math.floor(Date.now() / 1000);
      const tokens = await later(
        exporter,
        ({ nats }) => nats.exports[0]?.revocations.set(importer.id, iat + 1),
        ({ nats }) => nats.exports[0]?.revocations.clear(),
        ({ nats }) => nats.exports[0]?.revocations.set('*', iat + 1),
        ({ nats }) => nats.exports[0]?.revocations.set('*', iat - 100),
      );
      return { exporter, from: await exporter.user('from'), to: await importer.user('to'), tokens };
    },
  ],
]);

conforms<Cast>(
  'a stream of another account',
  {
    async cast(world) {
      const scenes = new Map<string, Parties>();
      for (const each of SCENES) scenes.set(each.title, await parties(world, each));
      const live = new Map<string, Live>();
      for (const [title, make] of LIVE) live.set(title, await make(world));
      const [a, b] = [await world.account('A'), await world.account('B')];
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        await one.change(({ nats }) => {
          nats.exports.push(exported('c.>', 'stream'));
          nats.imports.push(imported(other, 'c.>', 'stream'));
        });
      }
      const sources: TestAccount[] = [];
      for (const name of ['S1', 'S2']) {
        sources.push(await world.account(name, ({ nats }) => nats.exports.push(exported('same', 'stream'))));
      }
      const sink = await world.account('SINK', ({ nats }) => {
        for (const source of sources) nats.imports.push(imported(source, 'same', 'stream'));
      });
      const exporter = await world.account('E', ({ nats }) =>
        nats.exports.push(exported('ask', 'service'), exported('ask', 'stream')),
      );
      const importer = await world.account('I', ({ nats }) =>
        nats.imports.push(
          imported(exporter, 'ask', 'service'),
          imported(exporter, 'ask', 'stream', { local_subject: 'heard' }),
        ),
      );
      return {
        scenes,
        live,
        cycle: { users: [await a.user('a'), await b.user('b')] },
        two: { from: await Promise.all(sources.map((each) => each.user('from'))), to: await sink.user('to') },
        both: { exporter, from: await exporter.user('from'), to: await importer.user('to') },
      };
    },
  },
  [
    ...SCENES.map(scene),
    {
      title: 'that comes from two accounts under one subject comes from both',
      play: (subject, { two }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(two.to, ['same']);
          for (const [i, user] of two.from.entries()) await say(await clients.login(user), ['same', `${i}`]);
          return deliveries(await listener.soFar());
        }),
    },
    {
      title: 'that would come back to where it started is not imported by the second',
      play: (subject, { cycle }) =>
        withClients(subject, async (clients) => {
          const listeners = [];
          for (const user of cycle.users) listeners.push(await clients.login(user, ['c.*']));
          for (const [i, user] of cycle.users.entries()) await say(await clients.login(user), ['c.x', `${i}`]);
          const got = [];
          for (const each of listeners) got.push(deliveries(await each.soFar()));
          // Which of the two imports is left out depends on which account was loaded first.
          return got.map((each) => each.length).sort();
        }),
    },
    {
      title: 'does not bring an own request back',
      play: (subject, { both }) =>
        withClients(subject, async (clients) => {
          const responder = await clients.login(both.from, ['ask']);
          const listener = await clients.login(both.to, ['heard', 'ask']);
          await say(listener, ['ask', 'x']);
          const heard = deliveries(await listener.soFar());
          await say(responder, ['ask', 'y']);
          return [heard, deliveries(await responder.soFar()), deliveries(await listener.soFar())];
        }),
    },
    {
      title: 'ends with UNSUB, and after as many messages as wanted',
      // There, messages of an imported stream do not count.
      differs: { ours: ['a.x 2 1', 'a.x 2 2'], theirs: ['a.x 2 1', 'a.x 2 2', 'a.x 2 3'] },
      play: (subject, { scenes }) =>
        withClients(subject, async (clients) => {
          const { from, to } = scenes.get('comes under its own subject') as Parties;
          const listener = await clients.login(to, ['a.x', 'a.x']);
          listener.send('UNSUB 1\r\nUNSUB 2 2\r\n');
          await listener.soFar();
          await say(await clients.login(from), ['a.x', '1'], ['a.x', '2'], ['a.x', '3']);
          return deliveries(await listener.soFar());
        }),
    },
    ...[...LIVE.keys()].map(
      (title): Conversation<Cast> => ({
        title,
        play: (subject, { live }, world) =>
          withClients(subject, async (clients) => {
            const { from, to, tokens } = live.get(title) as Live;
            const listener = await clients.login(to, ['>', 'a.x']);
            const publisher = await clients.login(from);
            const arrived = async (): Promise<string[]> => {
              await say(publisher, ['a.x', 'x']);
              return deliveries(await listener.soFar());
            };
            const said = [await arrived()];
            for (const token of tokens) {
              await announce(subject, world, token);
              said.push(await arrived());
            }
            return said;
          }),
      }),
    ),
  ],
);
