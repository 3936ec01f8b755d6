import { seedSigner } from '../../../claims/keys/signer.js';
import type { Permissions } from '../../../claims/types.js';
import type { TestAccount, TestUser } from '../../unit/broker/world.js';
import { type Conversation, conforms } from './both.js';
import { announce, deliveries, later, say, withClients } from './scene.js';

interface Rules {
  pub?: Partial<Permissions['pub']>;
  sub?: Partial<Permissions['sub']>;
  resp?: Permissions['resp'];
}

interface Cast {
  account: TestAccount;
  free: TestUser;
  users: Map<string, TestUser>;
  badUsers: TestUser[];
  defaults: { free: TestUser; own: TestUser; onlyResponses: TestUser; tokens: string[] };
  responders: Map<string, TestUser>;
}

/** Rules of a user, and what it tries; each line is judged for itself. */
interface Trial {
  title: string;
  rules: Rules;
  tries: readonly string[];
  differs?: { ours: unknown; theirs: unknown };
}

const sub = (...subjects: string[]): string[] => subjects.map((subject) => `SUB ${subject}`);
const pub = (...subjects: string[]): string[] => subjects.map((subject) => `PUB ${subject}`);

const TRIALS: readonly Trial[] = [
  { title: 'nothing said', rules: {}, tries: [...pub('a', '$SYS.x', '$JS.x'), ...sub('>', 'a q')] },
  {
    title: 'publish allow',
    rules: { pub: { allow: ['a.*', 'b.>', 'c'] } },
    tries: pub('a.x', 'a', 'a.x.y', 'b', 'b.x.y', 'c', 'c.d', 'd', '_INBOX.x'),
  },
  {
    title: 'publish deny',
    rules: { pub: { deny: ['a.*', 'b.>', 'c'] } },
    tries: pub('a.x', 'a', 'a.x.y', 'b', 'b.x.y', 'c', 'c.d', 'd'),
  },
  {
    title: 'publish allow and deny',
    rules: { pub: { allow: ['a.>'], deny: ['a.secret.>', 'a.*.x'] } },
    tries: pub('a.b', 'a.secret', 'a.secret.b', 'a.b.x', 'a.b.y', 'b'),
  },
  {
    title: 'subscribe allow',
    rules: { sub: { allow: ['a.*', 'b.>', 'c'] } },
    tries: sub('a.x', 'a.*', 'b.>', 'b.*', 'b.x.>', 'c', 'c q', '>', '*', 'd', '_INBOX.x'),
  },
  {
    title: 'subscribe wider than an allow entry',
    rules: { sub: { allow: ['a.*'] } },
    tries: sub('a.>'),
    differs: {
      ours: [['SUB a.>', '-ERR \'Permissions Violation for Subscription to "a.>"\'\r\n']],
      theirs: [['SUB a.>', '']],
    },
  },
  {
    title: 'subscribe deny',
    rules: { sub: { deny: ['a.*', 'b.>', 'c'] } },
    tries: sub('a.x', 'a.*', 'b.>', 'b.*', 'c', 'c q', '>', '*', 'd'),
  },
  {
    title: 'subscribe wider than a deny entry',
    rules: { sub: { deny: ['a.*'] } },
    tries: sub('a.>'),
    differs: {
      ours: [['SUB a.>', '']],
      theirs: [['SUB a.>', '-ERR \'Permissions Violation for Subscription to "a.>"\'\r\n']],
    },
  },
  {
    title: 'subscribe allow for queues',
    rules: { sub: { allow: ['foo', 'foo v1', 'bar v1', 'baz *.dev', 'any >'] } },
    tries: sub('foo', 'foo v1', 'foo v2', 'bar', 'bar v1', 'bar v2', 'baz a.dev', 'baz a.prod', 'any', 'any x.y'),
  },
  {
    title: 'subscribe deny for queues',
    rules: { sub: { deny: ['foo', 'bar v1', 'baz *.dev', 'all >'] } },
    tries: sub('foo', 'foo v1', 'bar', 'bar v1', 'bar v2', 'baz a.dev', 'baz a.prod', 'all', 'all x.y'),
  },
  { title: 'no queues at all', rules: { sub: { deny: ['> >'] } }, tries: sub('foo', 'foo q', '>', '> q') },
  {
    title: 'queues by subject',
    rules: { sub: { allow: ['foo.> *.dev'] } },
    tries: sub('foo.bar queue.dev', 'foo.bar queue', 'foo.bar', 'foo.> queue.dev', 'bar queue.dev'),
  },
  { title: 'the queue of the system', rules: {}, tries: sub('a _sys_', 'a _sys_x') },
  { title: 'responses only', rules: { resp: { max: 1, ttl: 0 } }, tries: [...pub('a'), ...sub('a')] },
  {
    title: 'odd subjects under rules',
    rules: { pub: { deny: ['x'] }, sub: { deny: ['x'] } },
    tries: [...pub('a.*', '>', 'x.*'), ...sub('a..b', '.a', 'a.>.b', 'x.>')],
  },
  {
    title: 'subjects that match nothing, under rules',
    rules: { pub: { deny: ['x'] } },
    tries: pub('a..b'),
    differs: {
      ours: [['PUB a..b', '-ERR \'Permissions Violation for Publish to "a..b"\'\r\n']],
      theirs: [['PUB a..b', '']],
    },
  },
];

/** What each try is answered with, alone on a connection of its own kind. */
function trial({ title, tries, differs }: Trial): Conversation<Cast> {
  return {
    title,
    ...(differs === undefined ? {} : { differs }),
    play: (subject, { users }) =>
      withClients(subject, async (clients) => {
        const client = await clients.login(users.get(title) as TestUser);
        const said: [string, string][] = [];
        for (const [i, each] of tries.entries()) {
          client.send(each.startsWith('SUB') ? `${each} ${i + 1}\r\nUNSUB ${i + 1}\r\n` : `${each} 0\r\n\r\n`);
          said.push([each, await client.soFar()]);
        }
        return said;
      }),
  };
}

/** What a subscriber with these rules gets of what is published. */
function delivery(
  title: string,
  rules: Rules,
  subjects: readonly string[],
  published: readonly string[],
): Conversation<Cast> & { rules: Rules } {
  return {
    title,
    rules,
    play: (subject, { users, free }) =>
      withClients(subject, async (clients) => {
        const client = await clients.login(users.get(title) as TestUser, subjects);
        const other = await clients.login(free);
        other.send(published.map((each) => `PUB ${each} 1\r\nx\r\n`).join(''));
        await other.soFar();
        return deliveries(await client.soFar());
      }),
  };
}

const DELIVERIES = [
  delivery(
    'a deny inside a wider subscription',
    { sub: { deny: ['a.secret', '*.private', 'b.>'] } },
    ['>', 'a.*', 'a.secret.*'],
    ['a.secret', 'a.open', 'a.secret.x', 'a.private', 'b.x', 'c'],
  ),
  delivery(
    'a deny that overlaps from the side',
    { sub: { deny: ['*.secret'] } },
    ['foo.*', '*.*', 'foo.>'],
    ['foo.secret', 'foo.x', 'bar.secret', 'foo.secret.x'],
  ),
  delivery(
    'a deny of a queue group',
    { sub: { deny: ['a.secret v1'] } },
    ['a.*', 'a.* v1', 'a.* v2'],
    ['a.secret', 'a.x'],
  ),
  delivery('a deny filters a queue group', { sub: { deny: ['a.secret'] } }, ['a.* q'], ['a.secret', 'a.x']),
];

/** Name, messages and nanoseconds. */
const RESPONSES: readonly (readonly [string, number, number])[] = [
  ['default', 0, 0],
  ['three', 3, 0],
  ['unlimited', -1, -1],
  ['short', 10, 1],
];

/** No signer of ours writes `"allow": []`. */
async function withEmptyAllow(account: TestAccount): Promise<TestUser> {
  const user = await account.user('an empty list', ({ nats }) => nats.pub.deny.push('a'));
  const [header, payload] = user.token.split('.') as [string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { nats: { pub: object } };
  Object.assign(claims.nats.pub, { allow: [] });
  const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const signature = Buffer.from(await seedSigner(account.seed).sign(Buffer.from(text))).toString('base64url');
  return { ...user, token: `${text}.${signature}` };
}

const EVERYBODY = [...TRIALS, ...DELIVERIES];

conforms<Cast>(
  'permissions',
  {
    async cast(world) {
      const account = await world.account('A');
      const users = new Map<string, TestUser>();
      for (const { title, rules } of EVERYBODY) {
        users.set(
          title,
          await account.user(title, ({ nats }) => {
            Object.assign(nats.pub, rules.pub);
            Object.assign(nats.sub, rules.sub);
            if (rules.resp) nats.resp = rules.resp;
          }),
        );
      }
      const badUsers = [];
      for (const change of [
        (nats: Permissions) => nats.pub.deny.push('a q'),
        (nats: Permissions) => nats.pub.allow.push('a q'),
        (nats: Permissions) => nats.sub.allow.push('a..b'),
        (nats: Permissions) => nats.sub.deny.push('a b c'),
        (nats: Permissions) => nats.pub.deny.push(''),
      ]) {
        badUsers.push(await account.user('bad', ({ nats }) => void change(nats)));
      }
      const responders = new Map<string, TestUser>();
      for (const [name, max, ttl] of RESPONSES) {
        responders.set(
          name,
          await account.user(name, ({ nats }) => {
            nats.resp = { max, ttl };
          }),
        );
      }
      const other = await world.account('B', ({ nats }) => nats.default_permissions.sub.allow.push('a.*'));
      const defaults = {
        free: await other.user('free'),
        own: await other.user('own', ({ nats }) => nats.pub.deny.push('x')),
        onlyResponses: await other.user('responses', ({ nats }) => {
          nats.resp = { max: 1, ttl: 0 };
        }),
        tokens: await later(
          other,
          ({ nats }) => {
            nats.default_permissions.sub.allow = ['a.x', 'b'];
            nats.default_permissions.pub.deny = ['p'];
          },
          ({ nats }) => {
            nats.default_permissions.sub.allow = [];
            nats.default_permissions.pub.deny = [];
          },
        ),
      };
      users.set('an empty list', await withEmptyAllow(account));
      return { account, users, free: await account.user('free'), badUsers, responders, defaults };
    },
  },
  [
    ...TRIALS.map(trial),
    ...DELIVERIES,
    {
      title: 'an empty allow list beside a deny list',
      // There, it allows nothing to publish; in a subscribe list it would allow all.
      differs: {
        ours: '-ERR \'Permissions Violation for Publish to "a"\'\r\n',
        theirs:
          '-ERR \'Permissions Violation for Publish to "a"\'\r\n-ERR \'Permissions Violation for Publish to "b"\'\r\n',
      },
      play: (subject, { users }) =>
        withClients(subject, async (clients) =>
          say(await clients.login(users.get('an empty list') as TestUser), ['a', 'x'], ['b', 'x']),
        ),
    },
    {
      title: 'a member of a queue group that must not have a message leaves it to another one',
      play: (subject, { users, free }) =>
        withClients(subject, async (clients) => {
          const limited = await clients.login(users.get('a deny filters a queue group') as TestUser, ['a.* q']);
          const member = await clients.login(free, ['a.* q']);
          const other = await clients.login(free);
          other.send('PUB a.secret 1\r\nx\r\n'.repeat(20));
          await other.soFar();
          return [await limited.soFar(), deliveries(await member.soFar()).length];
        }),
    },
    {
      title: 'that are no subjects keep the user out',
      play: (subject, { badUsers }) =>
        withClients(subject, async (clients) => {
          const said = [];
          for (const user of badUsers) said.push(await clients.attempt(user));
          return said.map((each) => each.endsWith("-ERR 'Authorization Violation'\r\n"));
        }),
    },
    ...RESPONSES.map(
      ([name]): Conversation<Cast> => ({
        title: `responses: ${name}`,
        play: (subject, { responders, free }) =>
          withClients(subject, async (clients) => {
            const responder = await clients.login(responders.get(name) as TestUser, ['ask']);
            const asker = await clients.login(free, ['inbox.*']);
            const answers = (reply: string): Promise<string> =>
              say(responder, [reply, '1'], [reply, '2'], [reply, '3'], [reply, '4']);
            const before = await answers('inbox.1');
            asker.send('PUB ask inbox.1 1\r\nx\r\n');
            await asker.soFar();
            await responder.soFar();
            return [before, await answers('inbox.1'), await answers('inbox.2'), await asker.soFar()];
          }),
      }),
    ),
    {
      title: 'by default hold for who has none, and change while connected',
      play: (subject, { defaults: { free, own, onlyResponses, tokens } }, world) =>
        withClients(subject, async (clients) => {
          const all = [await clients.login(free), await clients.login(own), await clients.login(onlyResponses)];
          const said = [];
          for (const [i, client] of all.entries()) {
            client.send(`SUB a.x 1\r\nSUB a.y 2\r\nSUB a.y q${i} 3\r\nSUB b 4\r\nPUB p 0\r\n\r\n`);
            said.push(await client.soFar());
          }
          for (const token of tokens) {
            await announce(subject, world, token);
            for (const client of all) said.push((await client.soFar()).split('\r\n').sort());
            for (const client of all) said.push(await say(client, ['p', '1'], ['a.x', '2'], ['a.y', '3'], ['b', '4']));
          }
          return said;
        }),
    },
  ],
);
