import type { Export } from '../../../claims/types.js';
import type { RawClient } from '../../unit/broker/raw-client.js';
import type { TestAccount, TestUser } from '../../unit/broker/world.js';
import { conforms, type Subject } from './both.js';
import { deliveries, exported, imported, replyOf, say, timeless, withClients } from './scene.js';

interface Cast {
  exporter: TestAccount;
  importer: TestAccount;
  other: TestAccount;
  user: TestUser;
  asker: TestUser;
  stranger: TestUser;
  admin: TestUser;
}

/** Has a request made and answered, and tells both sides of it. */
async function exchange(
  asker: RawClient,
  responder: RawClient,
  request: string,
  answers: readonly string[] = ['ok'],
): Promise<unknown> {
  asker.send(request);
  await asker.soFar();
  const asked = await responder.soFar();
  const reply = replyOf(asked);
  if (reply !== '') responder.send(answers.map((each) => `PUB ${reply} ${each.length}\r\n${each}\r\n`).join(''));
  const told = await responder.soFar();
  return { asked: timeless(asked), told, answered: timeless(await asker.soFar()) };
}

const play =
  (subjects: readonly string[], request: string, answers?: readonly string[]) =>
  (subject: Subject, { user, asker }: Cast): Promise<unknown> =>
    withClients(subject, async (clients) => {
      const responder = await clients.login(user, subjects);
      const requester = await clients.login(asker, ['inbox.>'], { no_responders: true });
      return exchange(requester, responder, request, answers);
    });

conforms<Cast>(
  'a service of another account',
  {
    async cast(world) {
      const services: [string, Partial<Export>][] = [
        ['one.>', {}],
        ['stream.*', { response_type: 'Stream' }],
        ['chunked.*', { response_type: 'Chunked' }],
        ['turned.*.*', {}],
        ['shared', {}],
        ['exact', {}],
        ['mapped.*', {}],
        ['wide.>', {}],
      ];
      const exporter = await world.account('E', ({ nats }) => {
        for (const [subject, more] of services) nats.exports.push(exported(subject, 'service', more));
        nats.mappings.set('mapped.*', [{ subject: 'inner.$1' }]);
      });
      const importer = await world.account('I', ({ nats }) => {
        nats.imports.push(
          imported(exporter, 'one.>', 'service'),
          imported(exporter, 'stream.*', 'service'),
          imported(exporter, 'chunked.*', 'service'),
          imported(exporter, 'turned.*.*', 'service', { local_subject: 'local.$2.$1' }),
          imported(exporter, 'shared', 'service', { share: true, local_subject: 'ask.shared' }),
          imported(exporter, 'exact', 'service', { local_subject: 'ask.exact' }),
          imported(exporter, 'mapped.*', 'service'),
          imported(exporter, 'wide.a', 'service', { local_subject: 'narrow' }),
        );
        nats.imports.push(imported(world.system, '$SYS.DEBUG.SUBSCRIBERS', 'service'));
        nats.mappings.set('alias', [{ subject: 'ask.exact' }]);
      });
      const other = await world.account('O', ({ nats }) => {
        nats.imports.push(imported(exporter, 'one.>', 'service'));
      });
      return {
        exporter,
        importer,
        other,
        user: await exporter.user('responder'),
        asker: await importer.user('asker'),
        stranger: await other.user('stranger'),
        admin: await world.system.user('admin'),
      };
    },
  },
  [
    { title: 'carries request and answer', play: play(['one.>'], 'PUB one.a.b inbox.1 2\r\nhi\r\n') },
    {
      title: 'takes one answer of a singleton',
      play: play(['one.>'], 'PUB one.a inbox.1 2\r\nhi\r\n', ['1', '2']),
    },
    {
      title: 'takes a stream of answers, to the empty one',
      play: play(['stream.*'], 'PUB stream.a inbox.1 2\r\nhi\r\n', ['1', '2', '', '3']),
    },
    {
      title: 'takes chunks of an answer, to the empty one',
      play: play(['chunked.*'], 'PUB chunked.a inbox.1 2\r\nhi\r\n', ['1', '2', '', '3']),
    },
    { title: 'turns tokens', play: play(['turned.*.*'], 'PUB local.b.a inbox.1 2\r\nhi\r\n') },
    {
      title: 'tells who asks where the importer shares it',
      play: play(['shared'], 'PUB ask.shared inbox.1 0\r\n\r\n'),
    },
    { title: 'may be asked without a reply', play: play(['exact'], 'PUB ask.exact 2\r\nhi\r\n') },
    {
      title: 'sees the headers of a request, and the name of the asker behind them',
      play: play(['exact'], 'HPUB ask.exact inbox.1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n'),
    },
    { title: 'is mapped in its own account', play: play(['inner.*', 'mapped.*'], 'PUB mapped.a inbox.1 2\r\nhi\r\n') },
    { title: 'is reached through a mapping of the importer', play: play(['exact'], 'PUB alias inbox.1 2\r\nhi\r\n') },
    { title: 'is imported narrower than exported', play: play(['wide.>'], 'PUB narrow inbox.1 2\r\nhi\r\n') },
    { title: 'with nobody there is answered with 503', play: play([], 'PUB ask.exact inbox.1 2\r\nhi\r\n') },
    {
      title: 'is answered by one member of a queue group',
      play: play(['exact q'], 'PUB ask.exact inbox.1 2\r\nhi\r\n'),
    },
    {
      title: 'is also served by the importer itself',
      play: (subject, { user, asker }) =>
        withClients(subject, async (clients) => {
          const responder = await clients.login(user, ['exact']);
          const own = await clients.login(asker, ['ask.exact']);
          const requester = await clients.login(asker, ['inbox.1']);
          requester.send('PUB ask.exact inbox.1 2\r\nhi\r\n');
          await requester.soFar();
          return [timeless(await responder.soFar()), await own.soFar()];
        }),
    },
    {
      title: 'is open to two accounts, which do not get the answers of each other',
      play: (subject, { user, asker, stranger }) =>
        withClients(subject, async (clients) => {
          const responder = await clients.login(user, ['one.>']);
          const one = await clients.login(asker, ['>']);
          const two = await clients.login(stranger, ['>']);
          one.send('PUB one.x inbox.1 1\r\n1\r\n');
          await one.soFar();
          const asked = await responder.soFar();
          two.send('PUB one.x inbox.1 1\r\n2\r\n');
          await two.soFar();
          const askedToo = await responder.soFar();
          await say(responder, [replyOf(askedToo), 'second'], [replyOf(asked), 'first']);
          return [timeless(asked), timeless(askedToo), deliveries(await one.soFar()), deliveries(await two.soFar())];
        }),
    },
    {
      title: 'is not answered when the asker stopped to wait',
      play: (subject, { user, asker }) =>
        withClients(subject, async (clients) => {
          const responder = await clients.login(user, ['stream.*']);
          const requester = await clients.login(asker, ['inbox.1']);
          requester.send('PUB stream.a inbox.1 1\r\n1\r\nUNSUB 1\r\nSUB inbox.1 2\r\n');
          await requester.soFar();
          await say(responder, [replyOf(await responder.soFar()), 'late']);
          return requester.soFar();
        }),
    },
    {
      title: 'is not reached from the reserved replies',
      play: (subject, { asker }) =>
        withClients(subject, async (clients) => {
          const requester = await clients.login(asker, ['inbox.1']);
          requester.send(
            'PUB one.a _R_.a 0\r\n\r\nPUB one.a _GR_.a 0\r\n\r\nPUB one.a $JS.ACK.a 0\r\n\r\nPUB _GR_.a 0\r\n\r\nPUB $NRG.a 0\r\n\r\n',
          );
          return requester.soFar();
        }),
    },
    {
      title: 'tells every account who its user is',
      play: (subject, { asker, admin }) =>
        withClients(subject, async (clients) => {
          const said = [];
          for (const user of [asker, admin]) {
            const client = await clients.login(user, ['inbox.1'], { no_responders: true });
            client.send('PUB $SYS.REQ.USER.INFO inbox.1 0\r\n\r\n');
            const answer = await client.until('}}\r\n');
            said.push(/"data":.*/.exec(answer)?.[0]);
          }
          return said;
        }),
    },
    {
      title: 'of the system tells it how many subscribe',
      play: (subject, { admin }) =>
        withClients(subject, async (clients) => {
          const client = await clients.login(admin, ['inbox.1', 'a.b', 'a.*', 'a.b q', 'a.b q'], {
            no_responders: true,
          });
          const said = [];
          for (const asked of ['a.b', 'a.*', 'a.b q', 'a.* q', 'none', '']) {
            client.send(`PUB $SYS.DEBUG.SUBSCRIBERS inbox.1 ${asked.length}\r\n${asked}\r\n`);
            await client.until('\r\n');
            said.push(await client.until('\r\n'));
          }
          return said;
        }),
    },
    {
      title: 'of the system tells an account that imports it how many subscribe there',
      play: (subject, { asker, admin }) =>
        withClients(subject, async (clients) => {
          await clients.login(admin, ['>']);
          const client = await clients.login(asker, ['inbox.1', 'a.b', 'a.b q']);
          client.send('PUB $SYS.DEBUG.SUBSCRIBERS inbox.1 3\r\na.b\r\n');
          await client.until('\r\n');
          return client.until('\r\n');
        }),
    },
    {
      title: 'of the system is there without an import, under the own id of who asks',
      play: (subject, { asker, admin }) =>
        withClients(subject, async (clients) => {
          const system = await clients.login(admin, ['$SYS.REQ.ACCOUNT.*.*']);
          const client = await clients.login(asker);
          const said = [];
          for (const asked of ['ACCOUNT.PING.CONNZ', 'SERVER.PING.CONNZ', 'ACCOUNT.PING.STATZ', 'ACCOUNT.PING.SUBSZ']) {
            client.send(`PUB $SYS.REQ.${asked} inbox.1 2\r\n{}\r\n`);
            await client.soFar();
            said.push(timeless(await system.soFar()));
          }
          return said;
        }),
    },
  ],
);
