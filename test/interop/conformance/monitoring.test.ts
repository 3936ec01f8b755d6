import { onTestFinished } from 'vitest';
import { RawClient } from '../../unit/broker/raw-client.js';
import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Setting, type Subject } from './both.js';

interface Cast {
  account: TestAccount;
  user: TestUser;
  bearer: TestUser;
  system: TestUser;
}

const setting: Setting<Cast> = {
  async cast(world: World) {
    const account = await world.account('A', ({ nats }) => {
      nats.exports.push({ subject: 'svc.>', type: 'service', revocations: new Map() });
      nats.mappings.set('old', [{ subject: 'new' }]);
    });
    return {
      account,
      user: await account.user('u', ({ nats }) => nats.tags?.push('a:1')),
      bearer: await account.user('b', ({ nats }) => {
        nats.bearer_token = true;
      }),
      system: await world.system.user('admin'),
    };
  },
  options: () => ({ serverName: 'test', serverTags: ['x:1'], monitoring: { http: { port: -1 } } }),
  config: () => 'server_name: test\nserver_tags: ["x:1"]\nhttp: "127.0.0.1:-1"',
};

/** Two clients that are there while something is asked, and one that was. */
async function crowd({ port }: Subject, { user, bearer }: Cast): Promise<void> {
  const gone = await RawClient.login(port, user, { name: 'gone' });
  gone.close();
  for (const [as, name] of [
    [user, 'one'],
    [bearer, 'two'],
  ] as const) {
    const client = await RawClient.login(port, as, { name, lang: 'test', version: '1.2.3' });
    onTestFinished(() => client.close());
    client.send(`SUB ${name}.> 1\r\nSUB ${name}.q q 2\r\nPUB ${name}.q 2\r\nhi\r\n`);
    await client.soFar();
  }
}

/** Of a list, whose order may be any, the entry with most fields. */
function fullest(list: unknown[]): unknown[] {
  const size = (each: unknown) => Object.keys(each ?? {}).length;
  return [...list].sort((a, b) => size(b) - size(a)).slice(0, 1);
}

/** Of JSON: its keys in their order, and the types of what they hold. */
function shape(value: unknown, without: readonly string[] = []): unknown {
  if (Array.isArray(value)) return fullest(value).map((each) => shape(each, without));
  if (typeof value !== 'object' || value === null) return typeof value;
  const fields = Object.entries(value).filter(([key]) => !without.includes(key));
  return fields.map(([key, each]) => [key, shape(each, without)]);
}

async function get({ monitoringUrl }: Subject, path: string) {
  const response = await fetch(monitoringUrl + path);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

function shows(path: string, without: readonly string[] = []): Conversation<Cast> {
  return {
    title: path,
    async play(subject, cast) {
      await crowd(subject, cast);
      const { status, type, text } = await get(subject, path);
      return { status, type, shape: shape(JSON.parse(text), without) };
    },
  };
}

function says(path: string): Conversation<Cast> {
  return {
    title: `${path}, word by word`,
    async play(subject, cast) {
      await crowd(subject, cast);
      const { status, text } = await get(subject, path);
      return { status, text };
    },
  };
}

conforms('monitoring over HTTP', setting, [
  // Flags of JetStream, which is not here.
  shows('/varz', ['feature_flags']),
  // Without auth=1 nats-server shows the JWT of who is gone, though not of who is there (docs/broker.md).
  shows('/connz?state=closed', ['jwt', 'issuer_key', 'name_tag']),
  shows('/connz?offset=-1'),
  ...['', '?auth=1', '?subs=1', '?subs=detail', '?state=any&auth=true', '?limit=1&offset=1', '?sort=bytes_to'].map(
    (query) => shows(`/connz${query}`),
  ),
  shows('/subsz'),
  shows('/subsz?subs=1'),
  shows('/accountz'),
  shows('/accstatz'),
  shows('/accstatz?unused=1'),
  shows('/routez'),
  shows('/gatewayz'),
  shows('/leafz'),
  shows('/jsz'),
  says('/healthz'),
  ...[
    '/connz?limit=x',
    '/connz?sort=nothing',
    '/connz?state=odd',

    '/connz?cid=x',
    '/subsz?limit=x',
    '/subsz?test=a.*',
    '/accountz?acc=nobody',
    '/nothing',
    '/connz/',
  ].map(says),
]);
