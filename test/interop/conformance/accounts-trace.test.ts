import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { formatCreds } from '../../../claims/creds.js';
import { peer } from '../../peers.js';
import type { RawClient } from '../../unit/broker/raw-client.js';
import type { TestUser } from '../../unit/broker/world.js';
import { type Conversation, conforms } from './both.js';
import { announce, exported, imported, later, replyOf, timeless, withClients } from './scene.js';

interface Cast {
  user: TestUser;
  limited: TestUser;
  denied: TestUser;
  deaf: TestUser;
  other: TestUser;
  external: TestUser;
  tokens: string[];
}

/** Where it is not installed, nothing is asked of it. */
const CLI = [peer('nats')].filter((program) => program !== undefined);
const run = promisify(execFile);

type Fields = Readonly<Record<string, string>>;

function request(subject: string, fields: Fields, { reply = '', payload = 'x' } = {}): string {
  const block = `NATS/1.0\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
  const sizes = `${block.length} ${block.length + payload.length}`;
  return `HPUB ${subject}${reply === '' ? '' : ` ${reply}`} ${sizes}\r\n${block}${payload}\r\n`;
}

const DEST = { 'Nats-Trace-Dest': 'my.trace' };
const ONLY = { ...DEST, 'Nats-Trace-Only': 'true' };

/** The trace that comes next: all of it, but for what is of one server and one moment. */
async function traced(listener: RawClient): Promise<unknown> {
  await listener.until('my.trace 1 ');
  await listener.until('\r\n');
  return withoutMoment(await listener.until('\r\n'));
}

function withoutMoment(text: string): unknown {
  const {
    server,
    request: asked,
    events,
    ...rest
  } = JSON.parse(text) as {
    server: object;
    request: object;
    events: Record<string, unknown>[];
  };
  const told = events.map(({ ts, cid, ...each }) => ({ keys: [typeof ts, typeof cid], ...each }));
  return {
    server: Object.keys(server).length > 5,
    rest,
    asked,
    first: told[0],
    others: told.slice(1).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    order: Object.keys(events[0] as object),
  };
}

/** Publishes as `who`, and tells the trace and what the subscriber got. */
function play(
  text: string,
  subscribe: readonly string[] = ['a.b', 'a.*', 'a.* q'],
  who: keyof Omit<Cast, 'tokens'> = 'user',
): Conversation<Cast>['play'] {
  return (subject, cast) =>
    withClients(subject, async (clients) => {
      const listener = await clients.login(cast.user, ['my.trace']);
      const receiver = await clients.login(cast.user, subscribe, { name: 'receiver' });
      const sender = await clients.login(cast[who], ['inbox.*'], { name: 'sender', no_responders: true });
      sender.send(text);
      const told = await sender.soFar();
      return [
        told,
        await traced(listener),
        timeless(await receiver.soFar())
          .split('\r\n')
          .sort(),
      ];
    });
}

/** The same where no trace comes. */
function untraced(text: string, who: keyof Omit<Cast, 'tokens'> = 'user'): Conversation<Cast>['play'] {
  return (subject, cast) =>
    withClients(subject, async (clients) => {
      const listener = await clients.login(cast.user, ['>']);
      const sender = await clients.login(cast[who]);
      sender.send(text);
      return [await sender.soFar(), timeless(await listener.soFar())];
    });
}

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

conforms<Cast>(
  'the trace of a message',
  {
    async cast(world) {
      const account = await world.account('A', ({ nats }) => {
        nats.mappings.set('from.*', [{ subject: 'a.$1' }]);
        nats.exports.push(exported('a.*', 'stream'), exported('svc.*', 'service'));
        nats.exports.push(exported('open.*', 'service', { allow_trace: true }));
      });
      const other = await world.account('B', ({ nats }) => {
        nats.imports.push(imported(account, 'svc.*', 'service', { local_subject: 'ask.$1' }));
        nats.imports.push(imported(account, 'open.*', 'service', { local_subject: 'may.$1' }));
        nats.exports.push(exported('my.trace', 'stream'), exported('told.*', 'stream'), exported('hidden.*', 'stream'));
      });
      await account.change(({ nats }) => {
        nats.imports.push(imported(other, 'my.trace', 'stream'));
        nats.imports.push(imported(other, 'told.*', 'stream', { local_subject: 'heard.$1', allow_trace: true }));
        nats.imports.push(imported(other, 'hidden.*', 'stream', { local_subject: 'secret.$1' }));
      });
      const external = await world.account('X', ({ nats }) => {
        nats.trace = { dest: 'my.trace' };
        nats.exports.push(exported('my.trace', 'stream'));
      });
      await account.change(({ nats }) => nats.imports.push(imported(external, 'my.trace', 'stream')));
      return {
        user: await account.user('u'),
        limited: await account.user('l', ({ nats }) => nats.pub.allow.push('a.*', 'svc.*')),
        denied: await account.user('d', ({ nats }) => nats.pub.deny.push('a.b')),
        deaf: await account.user('f', ({ nats }) => nats.sub.deny.push('a.b')),
        other: await other.user('o'),
        external: await external.user('x'),
        tokens: await later(external, ({ nats }) => {
          delete nats.trace;
        }),
      };
    },
  },
  [
    { title: 'tells who got it', play: play(request('a.b', { ...DEST, Other: 'value', other: 'too' })) },
    { title: 'tells that nobody got it', play: play(request('nobody', DEST)) },
    { title: 'tells of a mapping', play: play(request('from.b', DEST)) },
    { title: 'may be all that is wanted', play: play(request('a.b', ONLY)) },
    {
      title: 'may be all that is wanted, of a request nobody answers',
      play: play(request('none', ONLY, { reply: 'inbox.1' })),
    },
    { title: 'tells of a refusal', play: play(request('a.b', DEST), ['a.b'], 'denied') },
    { title: 'tells of a refused reply', play: play(request('a.b', DEST, { reply: '_R_.x' })) },
    { title: 'goes only where its sender may publish', play: untraced(request('a.b', DEST), 'limited') },
    {
      title: 'goes to no reserved subject',
      play: untraced(request('a.b', { 'Nats-Trace-Dest': '_GR_.x' }) + request('a.b', { 'Nats-Trace-Dest': '$NRG.x' })),
    },
    { title: 'goes to no wildcard', play: untraced(request('a.b', { 'Nats-Trace-Dest': 'a.*' })) },
    {
      title: 'goes to no wildcard, and what was only to be traced goes nowhere',
      play: untraced(request('a.b', { ...ONLY, 'Nats-Trace-Dest': 'a.*' })),
    },
    {
      title: 'is not asked for by another spelling',
      play: untraced(request('a.b', { 'nats-trace-dest': 'my.trace' })),
    },
    { title: 'may be disabled', play: untraced(request('a.b', { 'Nats-Trace-Dest': 'trace disabled' })) },
    {
      title: 'is refused with the header of an origin account',
      play: untraced(request('a.b', { ...DEST, 'Nats-Trace-Origin-Account': 'X' })),
    },
    {
      title: 'is refused with the header of an origin account, delivery too',
      play: untraced(request('a.b', { ...ONLY, 'Nats-Trace-Origin-Account': 'X' })),
    },
    { title: 'without a destination is not asked for', play: untraced(request('a.b', { 'Nats-Trace-Only': 'true' })) },
    { title: 'tells of a service, up to its border', play: play(request('ask.b', DEST), ['svc.*'], 'other') },
    {
      title: 'tells of a service, beyond its border where that is allowed',
      play: play(request('may.b', DEST), ['open.*'], 'other'),
    },
    { title: 'alone stays out of a service', play: play(request('ask.b', ONLY), ['svc.*'], 'other') },
    {
      title: 'alone looks into a service where that is allowed',
      play: play(request('may.b', ONLY), ['open.*'], 'other'),
    },
    {
      title: 'tells of a service nobody offers',
      play: play(request('ask.b', DEST, { reply: 'inbox.1' }), ['a'], 'other'),
    },
    { title: 'tells of a stream, up to its border', play: play(request('hidden.b', DEST), ['secret.*'], 'other') },
    {
      title: 'tells of a stream, beyond its border where that is allowed',
      play: play(request('told.b', DEST), ['heard.*', 'heard.b', '*.b', 'heard.* q'], 'other'),
    },
    { title: 'alone stays out of a stream', play: play(request('hidden.b', ONLY), ['secret.*'], 'other') },
    { title: 'is not wanted by traceparent alone', play: untraced(request('a.b', { traceparent: SAMPLED })) },
    {
      title: 'is wanted by traceparent where the account says where to',
      play: play(request('z', { TraceParent: SAMPLED }), ['z'], 'external'),
    },
    {
      title: 'is not wanted by a traceparent that is not sampled',
      play: untraced(request('z', { traceparent: SAMPLED.replace(/1$/, '0') }), 'external'),
    },
    {
      title: 'tells of no echo',
      play: (subject, { user }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['my.trace']);
          const sender = await clients.login(user, ['a.b'], { echo: false });
          sender.send(request('a.b', DEST));
          return [await sender.soFar(), await traced(listener)];
        }),
    },
    {
      title: 'tells of subscribers that must not have it, and of the member of a queue that has it',
      play: (subject, { user, deaf }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['my.trace']);
          await clients.login(deaf, ['a.*', 'a.* q'], { name: 'deaf' });
          const sender = await clients.login(user);
          sender.send(request('a.b', DEST, { payload: '' }));
          return [await sender.soFar(), await traced(listener)];
        }),
    },
    {
      title: 'tells of an answer, up to the border it goes back over',
      play: (subject, { user, other }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['my.trace']);
          const responder = await clients.login(user, ['svc.*']);
          const asker = await clients.login(other, ['inbox.*']);
          asker.send('PUB ask.b inbox.1 1\r\nx\r\n');
          await asker.soFar();
          responder.send(request(replyOf(await responder.soFar()), DEST));
          await responder.soFar();
          return [await traced(listener), timeless(await asker.soFar())];
        }),
    },
    {
      title: 'is compressed for who wants that',
      play: (subject, { user }) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['my.trace']);
          const sender = await clients.login(user);
          sender.send(request('a.b', { ...DEST, 'Accept-Encoding': 'gzip' }));
          await sender.soFar();
          const head = await listener.until('\r\n\r\n');
          const size = head.split(/\s+/).map(Number);
          const packed = await listener.take((size[4] as number) - (size[3] as number));
          const { events } = JSON.parse(gunzipSync(packed).toString()) as { events: object[] };
          return [head.replace(/\d+ \d+\r/, '# #\r').replace('  ', ' '), events.length];
        }),
    },
    {
      title: 'ends when the account wants it no longer',
      play: (subject, { external, user, tokens }, world) =>
        withClients(subject, async (clients) => {
          const listener = await clients.login(user, ['my.trace']);
          const sender = await clients.login(external, ['z']);
          sender.send(request('z', { traceparent: SAMPLED }));
          await sender.soFar();
          const first = await traced(listener);
          await announce(subject, world, tokens[0] as string);
          sender.send(request('z', { traceparent: SAMPLED }));
          return [first, timeless(await sender.soFar()), await listener.soFar()];
        }),
    },
    ...CLI.map(
      (program): Conversation<Cast> => ({
        title: 'is drawn by the CLI',
        play: (subject, { user, other }) =>
          withClients(subject, async (clients) => {
            await clients.login(user, ['open.*', 'heard.*'], { name: 'receiver' });
            const folder = await mkdtemp(path.join(tmpdir(), 'natsctl-trace-'));
            try {
              const creds = path.join(folder, 'user.creds');
              await writeFile(creds, formatCreds(other.token, other.seed), { mode: 0o600 });
              const drawn = [];
              for (const traced of ['may.b', 'told.b', 'nobody']) {
                const { stdout } = await run(program, ['-s', subject.url, '--creds', creds, 'trace', traced]);
                drawn.push(stdout.replace(/cid:\d+/g, 'cid:#').replace(/server:"[^"]*"|version:"[^"]*"/g, '#'));
              }
              return drawn;
            } finally {
              await rm(folder, { recursive: true, force: true });
            }
          }),
      }),
    ),
  ],
);
