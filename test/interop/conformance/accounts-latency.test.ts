import type { Export } from '../../../claims/types.js';
import type { RawClient } from '../../unit/broker/raw-client.js';
import type { TestAccount, TestUser } from '../../unit/broker/world.js';
import { conforms, type Subject } from './both.js';
import { announce, exported, imported, later, replyOf, say, withClients } from './scene.js';

interface Cast {
  exporter: TestAccount;
  responder: TestUser;
  asker: TestUser;
  on: string[];
}

const results = 'latency.results';

/** The measurement that comes next, without what time makes of it. */
async function measured(listener: RawClient): Promise<Record<string, unknown>> {
  const line = await listener.until('\r\n');
  const text = await listener.until('\r\n');
  const result = JSON.parse(text) as Record<string, unknown>;
  const times = ['service', 'system', 'total'].map(
    (name) => typeof result[name] === 'number' && Number(result[name]) >= 0,
  );
  return {
    subject: line.split(' ')[1],
    keys: Object.keys(result),
    id: String(result.id).length,
    requestor: parts(result.requestor),
    responder: parts(result.responder),
    header: result.header,
    status: result.status,
    description: result.description,
    type: result.type,
    measured: { times, answered: Number(result.total) > 0 },
    started: Date.parse(String(result.start)) <= Date.parse(String(result.timestamp)),
  };
}

/** Keys in order, and values but for those of time. */
function parts(info: unknown): unknown {
  if (info === undefined) return undefined;
  const { rtt, start, id, host, ...rest } = info as Record<string, unknown>;
  return { keys: Object.keys(info as object), rest, rtt: Number(rtt) > 0, host, id: typeof id, start: typeof start };
}

const header = (fields: Record<string, string>): string =>
  `NATS/1.0\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const ask = (subject: string, reply: string, block: string): string =>
  `HPUB ${subject} ${reply} ${block.length} ${block.length}\r\n${block}\r\n`;

const ALWAYS = { 'X-B3-Sampled': '1' };

/** A request with these headers, and what is measured of it; the one after it is always measured, so that waiting ends. */
const playHeader =
  (fields: Record<string, string>) =>
  (subject: Subject, { responder, asker }: Cast): Promise<unknown> =>
    withClients(subject, async (clients) => {
      const service = await clients.login(responder, ['svc.headers']);
      const listener = await clients.login(responder, [results]);
      const client = await clients.login(asker, ['inbox.*']);
      for (const block of [header(fields), header(ALWAYS)]) {
        client.send(ask('svc.headers', 'inbox.1', block));
        await client.soFar();
        await say(service, [replyOf(await service.soFar()), 'ok']);
        await client.soFar();
      }
      const said = [];
      do said.push(await measured(listener));
      while (Object.keys(said.at(-1)?.header ?? {}).join() !== Object.keys(ALWAYS).join());
      return said;
    });

const HEADERS: readonly Record<string, string>[] = [
  { 'Uber-Trace-Id': '479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:1', 'Uberctx-A': 'b' },
  { 'Uber-Trace-Id': '479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:0' },
  { 'Uber-Trace-Id': '1:2:3:ff' },
  { 'X-B3-Sampled': '1', 'X-B3-TraceId': 'a', 'X-B3-SpanId': 'b', 'X-B3-ParentSpanId': 'c' },
  { 'X-B3-Sampled': '0', 'X-B3-TraceId': 'a' },
  { 'x-b3-traceid': 'a' },
  { B3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90' },
  { B3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0' },
  { B3: '0' },
  { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=b' },
  { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' },
  { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff' },
  { Other: 'x' },
];

conforms<Cast>(
  'latency of a service',
  {
    async cast(world) {
      const measuredBy = (sampling: number | 'headers', more: Partial<Export> = {}): Partial<Export> => ({
        service_latency: { sampling, results },
        ...more,
      });
      const exporter = await world.account('E', ({ nats }) => {
        nats.exports.push(
          exported('svc.all', 'service', measuredBy(100)),
          exported('svc.headers', 'service', measuredBy('headers')),
          exported('svc.slow', 'service', measuredBy(100, { response_threshold: 50_000_000 })),
          exported('svc.later', 'service'),
        );
      });
      const importer = await world.account('I', ({ nats }) => {
        for (const name of ['all', 'headers', 'slow', 'later']) {
          nats.imports.push(imported(exporter, `svc.${name}`, 'service'));
        }
        nats.imports.push(imported(exporter, 'svc.all', 'service', { local_subject: 'shared', share: true }));
      });
      return {
        exporter,
        responder: await exporter.user('responder'),
        asker: await importer.user('asker'),
        on: await later(exporter, ({ nats }) => {
          for (const each of nats.exports) {
            if (each.subject === 'svc.later') each.service_latency = { sampling: 100, results };
          }
        }),
      };
    },
  },
  [
    ...['svc.all', 'shared'].map((asked) => ({
      title: `is told with both sides, asked as ${asked}`,
      play: (subject: Subject, { responder, asker }: Cast) =>
        withClients(subject, async (clients) => {
          const service = await clients.login(responder, ['svc.all'], { name: 'service', lang: 'x', version: '1' });
          const listener = await clients.login(responder, [results]);
          const client = await clients.login(asker, ['inbox.*'], { name: 'client' });
          client.send(`PUB ${asked} inbox.1 2\r\nhi\r\n`);
          await client.soFar();
          const request = await service.soFar();
          await say(service, [replyOf(request), 'ok']);
          return [await measured(listener), / _R_\.\w{6}\.\w+\.\w{8}\.T /.test(request), await client.soFar()];
        }),
    })),
    {
      title: '400: without a reply to answer to',
      play: (subject, { responder, asker }) =>
        withClients(subject, async (clients) => {
          await clients.login(responder, ['svc.all']);
          const listener = await clients.login(responder, [results]);
          await say(await clients.login(asker), ['svc.all', 'hi']);
          return measured(listener);
        }),
    },
    {
      title: '503: with nobody there',
      play: (subject, { responder, asker }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(responder, [results]);
          const client = await clients.login(asker, ['inbox.1'], { no_responders: true });
          client.send('PUB svc.all inbox.1 2\r\nhi\r\n');
          return [await measured(listener), await client.soFar()];
        }),
    },
    {
      title: '408: when the asker does not wait for the answer',
      play: (subject, { responder, asker }) =>
        withClients(subject, async (clients) => {
          await clients.login(responder, ['svc.all']);
          const listener = await clients.login(responder, [results]);
          const client = await clients.login(asker, ['inbox.1']);
          client.send('PUB svc.all inbox.1 2\r\nhi\r\nUNSUB 1\r\n');
          return measured(listener);
        }),
    },
    {
      title: '504: when the answer takes longer than the threshold',
      play: (subject, { responder, asker }) =>
        withClients(subject, async (clients) => {
          await clients.login(responder, ['svc.slow']);
          const listener = await clients.login(responder, [results]);
          const client = await clients.login(asker, ['inbox.1']);
          client.send('PUB svc.slow inbox.1 2\r\nhi\r\n');
          return measured(listener);
        }),
    },
    ...HEADERS.map((fields) => ({ title: `by headers: ${JSON.stringify(fields)}`, play: playHeader(fields) })),
    {
      title: 'is measured from the update on that wants it',
      play: (subject, { responder, asker, on }, world) =>
        withClients(subject, async (clients) => {
          const service = await clients.login(responder, ['svc.later', 'svc.all']);
          const listener = await clients.login(responder, [results]);
          const client = await clients.login(asker, ['inbox.*']);
          const exchange = async (asked: string): Promise<void> => {
            client.send(`PUB ${asked} inbox.1 2\r\nhi\r\n`);
            await client.soFar();
            await say(service, [replyOf(await service.soFar()), 'ok']);
          };
          await exchange('svc.later');
          await exchange('svc.all');
          const before = await measured(listener);
          await announce(subject, world, on[0] as string);
          await exchange('svc.later');
          return [before, await measured(listener)];
        }),
    },
  ],
);
