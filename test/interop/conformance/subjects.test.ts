import type { TestUser } from '../../unit/broker/world.js';
import { conforms } from './both.js';
import { deliveries, say, withClients } from './scene.js';

/** Every subject is subscribed to, then every one is published to: what matches, and what is refused. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  plain: ['foo', 'foo.bar', 'foo.bar.baz', 'Foo', 'foo-bar', 'foo_bar.1'],
  wildcards: ['*', '>', 'foo.*', 'foo.>', '*.bar', '*.*', 'foo.*.baz', '*.>', 'foo.bar.>', '*.*.*'],
  'wildcard characters that are none': ['foo*', '*foo', 'foo.*bar', 'foo>', '>foo', 'foo.>>', 'foo.**', 'f*o.bar'],
  'empty tokens': ['.foo', 'foo.', 'foo..bar', '.', '..', 'foo.bar..baz'],
  'a > that is not the last': ['foo.>.bar', '>.foo', '>.>'],
  'other characters': ['foo.ü', 'foo.\u00e9', '$foo.$1', 'a/b', 'a,b', 'a:b', '{{x}}', "it's", '"q"', 'a\\b'],
};

const wire = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

conforms<TestUser>(
  'subjects',
  { cast: async (world) => (await world.account('A')).user('u') },
  Object.entries(TABLES).flatMap(([title, subjects]) => [
    {
      title,
      play: (subject, user) =>
        withClients(subject, async (clients) => {
          const client = await clients.login(user);
          const all = [...subjects, ...(TABLES.plain ?? [])].map(wire);
          const refused = [];
          for (const [i, each] of all.entries()) {
            client.send(`SUB ${each} ${i + 1}\r\n`);
            refused.push(await client.soFar());
          }
          const told = await say(client, ...all.map((each): [string, string] => [each, each]));
          return [refused, deliveries(told), told.match(/-ERR.*/g)];
        }),
    },
    {
      title: `${title}, pedantic`,
      play: (subject, user) =>
        withClients(subject, async (clients) => {
          const client = await clients.login(user, [], { pedantic: true });
          const said = [];
          for (const each of subjects.map(wire)) {
            client.send(`SUB ${each} 1\r\nPUB ${each} 1\r\nx\r\nUNSUB 1\r\n`);
            said.push((await client.soFar()).split('\r\n').sort());
          }
          return said;
        }),
    },
  ]),
);
