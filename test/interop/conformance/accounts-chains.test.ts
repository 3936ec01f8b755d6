import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Subject } from './both.js';
import { announce, deliveries, exported, imported, later, replyOf, say, timeless, withClients } from './scene.js';

/** Accounts of one conversation: who asks, who answers, and JWTs that come later. */
interface Party {
  askers: TestUser[];
  responders: TestUser[];
  tokens: string[];
}

interface Play {
  title: string;
  make(world: World): Promise<Party>;
  play(subject: Subject, party: Party, world: World): Promise<unknown>;
}

/** Three accounts in a row, and what the two imports share. */
async function chain(world: World, first: boolean, second: boolean, deepest?: TestAccount): Promise<Party> {
  const c = deepest ?? (await world.account('C'));
  await c.change(({ nats }) => {
    if (nats.exports.length === 0) nats.exports.push(exported('deep.*', 'service'));
  });
  const b = await world.account('B', ({ nats }) => {
    nats.imports.push(imported(c, 'deep.*', 'service', { local_subject: 'mid.$1', share: second }));
    nats.exports.push(exported('mid.*', 'service'));
  });
  const a = await world.account('A', ({ nats }) => {
    nats.imports.push(imported(b, 'mid.*', 'service', { local_subject: 'top.$1', share: first }));
  });
  return { askers: [await a.user('asker')], responders: [await c.user('responder')], tokens: [] };
}

const asked =
  (request: string, service: string) =>
  (subject: Subject, { askers, responders }: Party): Promise<unknown> =>
    withClients(subject, async (clients) => {
      const responder = await clients.login(responders[0] as TestUser, [service], { name: 'responder' });
      const asker = await clients.login(askers[0] as TestUser, ['inbox.>'], { no_responders: true, name: 'asker' });
      asker.send(`PUB ${request} inbox.1 1\r\nx\r\n`);
      await asker.soFar();
      const got = await responder.soFar();
      const reply = replyOf(got);
      if (reply !== '') await say(responder, [reply, 'ok'], [reply, 'again']);
      return [timeless(got), await asker.soFar()];
    });

/** After each of the JWTs that follow, whether a request arrives. */
const followed = (subject: Subject, { askers, responders, tokens }: Party, world: World): Promise<unknown> =>
  withClients(subject, async (clients) => {
    const responder = await clients.login(responders[0] as TestUser, ['svc.>']);
    const asker = await clients.login(askers[0] as TestUser, ['inbox.>'], { no_responders: true });
    const arrives = async (): Promise<unknown> => {
      asker.send('PUB svc.a inbox.1 1\r\nx\r\n');
      const told = await asker.soFar();
      return [told, deliveries(await responder.soFar()).length];
    };
    const said = [await arrives()];
    for (const token of tokens) {
      await announce(subject, world, token);
      said.push(await arrives());
    }
    return said;
  });

const PLAYS: readonly Play[] = [
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(
    ([first, second]): Play => ({
      title: `passes through a chain (shared by the first: ${first}, by the second: ${second})`,
      make: (world) => chain(world, first as boolean, second as boolean),
      play: asked('top.a', 'deep.*'),
    }),
  ),
  ...[false, true].map(
    (share): Play => ({
      title: `ends in the system account (shared: ${share})`,
      make: (world) => chain(world, share, false, world.system),
      play: asked('top.a', 'deep.*'),
    }),
  ),
  {
    title: 'goes to both of two accounts imported under one subject',
    async make(world) {
      const exporters: TestAccount[] = [];
      for (const name of ['E1', 'E2']) {
        exporters.push(await world.account(name, ({ nats }) => nats.exports.push(exported('svc', 'service'))));
      }
      const importer = await world.account('I', ({ nats }) => {
        for (const each of exporters) nats.imports.push(imported(each, 'svc', 'service'));
      });
      const responders = [];
      for (const each of exporters) responders.push(await each.user('r'));
      return { askers: [await importer.user('asker')], responders, tokens: [] };
    },
    play: (subject, { askers, responders }) =>
      withClients(subject, async (clients) => {
        const all = [];
        for (const user of responders) all.push(await clients.login(user, ['svc']));
        const asker = await clients.login(askers[0] as TestUser, ['inbox.1']);
        asker.send('PUB svc inbox.1 1\r\nx\r\n');
        await asker.soFar();
        const got = [];
        for (const each of all) {
          const request = await each.soFar();
          got.push(timeless(request));
          await say(each, [replyOf(request), 'ok']);
        }
        return [got, await asker.soFar()];
      }),
  },
  {
    title: 'is found in the account itself',
    async make(world) {
      const account = await world.account('OWN');
      await account.change(({ nats }) => {
        nats.exports.push(exported('own.svc', 'service'));
        nats.imports.push(imported(account, 'own.svc', 'service', { local_subject: 'local.svc' }));
      });
      const user = await account.user('u');
      return { askers: [user], responders: [user], tokens: [] };
    },
    play: asked('local.svc', 'own.svc'),
  },
  {
    title: 'follows its export: private, open, gone, back',
    async make(world) {
      const exporter = await world.account('E', ({ nats }) => nats.exports.push(exported('svc.*', 'service')));
      const importer = await world.account('I', ({ nats }) =>
        nats.imports.push(imported(exporter, 'svc.*', 'service')),
      );
      const tokens = await later(
        exporter,
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { token_req: true }),
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { token_req: false }),
        ({ nats }) => void nats.exports.splice(0),
        ({ nats }) => nats.exports.push(exported('svc.>', 'service')),
        ({ nats }) => Object.assign(nats.exports[0] ?? {}, { subject: 'svc.*', account_token_position: 2 }),
      );
      return { askers: [await importer.user('a')], responders: [await exporter.user('r')], tokens };
    },
    play: followed,
  },
  {
    title: 'follows its import: gone, back',
    async make(world) {
      const exporter = await world.account('E', ({ nats }) => nats.exports.push(exported('svc.*', 'service')));
      const importer = await world.account('I', ({ nats }) =>
        nats.imports.push(imported(exporter, 'svc.*', 'service')),
      );
      const tokens = await later(
        importer,
        ({ nats }) => void nats.imports.splice(0),
        ({ nats }) => nats.imports.push(imported(exporter, 'svc.a', 'service')),
      );
      return { askers: [await importer.user('a')], responders: [await exporter.user('r')], tokens };
    },
    play: followed,
  },
  {
    title: 'follows the signing key of its activation',
    async make(world) {
      const exporter = await world.account('E', ({ nats }) =>
        nats.exports.push(exported('svc.*', 'service', { token_req: true })),
      );
      const importer = await world.account('I');
      const token = await exporter.activation(importer.id, 'svc.*', 'service');
      await importer.change(({ nats }) => nats.imports.push(imported(exporter, 'svc.*', 'service', { token })));
      const soon = Math.floor(Date.now() / 1000) + 1;
      const tokens = await later(
        exporter,
        ({ nats }) => nats.exports[0]?.revocations.set(importer.id, soon - 100),
        ({ nats }) => nats.exports[0]?.revocations.set('*', soon),
        ({ nats }) => nats.exports[0]?.revocations.clear(),
      );
      return { askers: [await importer.user('a')], responders: [await exporter.user('r')], tokens };
    },
    play: followed,
  },
  {
    title: 'with an account position is for the account of that name',
    async make(world) {
      const exporter = await world.account('E', ({ nats }) =>
        nats.exports.push(exported('svc.*.x', 'service', { account_token_position: 2 })),
      );
      const good = await world.account('G');
      await good.change(({ nats }) =>
        nats.imports.push(imported(exporter, `svc.${good.id}.x`, 'service', { local_subject: 'ask' })),
      );
      const bad = await world.account('B', ({ nats }) =>
        nats.imports.push(imported(exporter, `svc.${good.id}.x`, 'service', { local_subject: 'ask' })),
      );
      return {
        askers: [await good.user('g'), await bad.user('b')],
        responders: [await exporter.user('r')],
        tokens: [],
      };
    },
    play: (subject, { askers, responders }) =>
      withClients(subject, async (clients) => {
        const responder = await clients.login(responders[0] as TestUser, ['svc.>']);
        const said = [];
        for (const user of askers) {
          const asker = await clients.login(user, ['inbox.1'], { no_responders: true });
          asker.send('PUB ask inbox.1 1\r\nx\r\n');
          said.push(await asker.soFar(), timeless(await responder.soFar()));
        }
        return said;
      }),
  },
  {
    title: 'that leads back is not imported by the last of a circle',
    async make(world) {
      const [a, b, c] = [await world.account('A'), await world.account('B'), await world.account('C')];
      for (const [one, next] of [
        [a, b],
        [b, c],
        [c, a],
      ] as const) {
        await one.change(({ nats }) => {
          nats.exports.push(exported('round.>', 'service'));
          nats.imports.push(imported(next, 'round.x', 'service'));
        });
      }
      return { askers: [await a.user('a')], responders: [], tokens: [] };
    },
    play: (subject, { askers }) =>
      withClients(subject, async (clients) => {
        const asker = await clients.login(askers[0] as TestUser, ['inbox.1'], { no_responders: true });
        asker.send('PUB round.x inbox.1 1\r\nx\r\n');
        return asker.soFar();
      }),
  },
];

conforms<Map<string, Party>>(
  'a request across accounts',
  {
    // Told where the details of who asks are.
    options: () => ({ clusterName: 'C1' }),
    config: () => 'cluster { name: C1, listen: "127.0.0.1:-1" }',
    async cast(world) {
      const parties = new Map<string, Party>();
      for (const { title, make } of PLAYS) parties.set(title, await make(world));
      return parties;
    },
  },
  PLAYS.map(
    ({ title, play }): Conversation<Map<string, Party>> => ({
      title,
      play: (subject, parties, world) => play(subject, parties.get(title) as Party, world),
    }),
  ),
);
