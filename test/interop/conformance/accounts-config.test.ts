import { RawClient } from '../../unit/broker/raw-client.js';
import { connectWith } from './auth-scene.js';
import { conforms, type Subject } from './both.js';
import { replyOf, say, timeless } from './scene.js';

/** Configured accounts have no JWT, and everything else that accounts have. */
const service = { type: 'service' as const, token_req: false, revocations: new Map() };
const results = 'latency.results';

async function withLogins<T>(
  { port }: Subject,
  talk: (login: (name: string, ...subjects: string[]) => Promise<RawClient>) => Promise<T>,
): Promise<T> {
  const clients: RawClient[] = [];
  try {
    return await talk(async (name, ...subjects) => {
      const client = await RawClient.open(port);
      clients.push(client);
      client.send(await connectWith(client, { user: name, pass: 'p', name, protocol: 0, headers: true }));
      client.send(subjects.map((subject, i) => `SUB ${subject} ${i + 1}\r\n`).join(''));
      await client.soFar();
      return client;
    });
  } finally {
    for (const client of clients) client.close();
  }
}

/** The keys of everything in a JSON object, and the values that no clock and no counter made. */
function shape(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => {
    if (['id', 'rtt', 'cid', 'seq', 'service', 'system', 'total', 'server', 'host'].includes(key)) return typeof value;
    return /^(start|timestamp|ts|time)$/.test(key) ? 'time' : value;
  });
}

conforms(
  'services of configured accounts',
  {
    mode: 'config',
    cast: async () => ({}),
    options: () => ({
      accounts: {
        E: {
          users: [{ user: 'e', password: 'p' }],
          exports: [
            { ...service, subject: 'svc', service_latency: { sampling: 100, results } },
            { ...service, subject: 'open', allow_trace: true },
          ],
        },
        I: {
          users: [{ user: 'i', password: 'p' }],
          imports: [
            { account: 'E', type: 'service' as const, subject: 'svc', share: true },
            { account: 'E', type: 'service' as const, subject: 'open', local_subject: 'ask' },
          ],
        },
      },
    }),
    config: () => `accounts {
      E {
        users: [ { user: e, password: p } ]
        exports: [
          { service: "svc", latency: { sampling: 100%, subject: "${results}" } }
          { service: "open", allow_trace: true }
        ]
      }
      I {
        users: [ { user: i, password: p } ]
        imports: [
          { service: { account: E, subject: "svc" }, share: true }
          { service: { account: E, subject: "open" }, to: "ask" }
        ]
      }
    }`,
  },
  [
    {
      title: 'are measured, and told who asks',
      play: (subject) =>
        withLogins(subject, async (login) => {
          const responder = await login('e', 'svc');
          const listener = await login('e', results);
          const asker = await login('i', 'inbox');
          asker.send('PUB svc inbox 1\r\nx\r\n');
          await asker.soFar();
          const asked = await responder.soFar();
          await say(responder, [replyOf(asked), 'ok']);
          await listener.until('\r\n');
          return [timeless(asked).replace(/"server":"[^"]*"/, '#'), shape(await listener.until('\r\n'))];
        }),
    },
    {
      title: 'are traced beyond the border where that is allowed',
      play: (subject) =>
        withLogins(subject, async (login) => {
          await login('e', 'open');
          const listener = await login('i', 't');
          const asker = await login('i');
          const header = 'NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n';
          asker.send(`HPUB ask ${header.length} ${header.length}\r\n${header}\r\n`);
          await asker.soFar();
          await listener.until('\r\n');
          const { events } = shape(await listener.until('\r\n')) as { events: unknown };
          return events;
        }),
    },
  ],
);
