import { afterEach, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newActivation, noLimits } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import type { Export, ExportType, Import } from '../../claims/types.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, now, type TestAccount, type TestUser, type World } from '../unit/broker/world.js';

/** What crosses between accounts, and what must not. */
let broker: RunningBroker;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker.close();
});

async function login(who: TestAccount | TestUser, options: object = {}): Promise<RawClient> {
  const client = await RawClient.login(broker.port, 'user' in who ? await who.user('someone') : who, options);
  clients.push(client);
  return client;
}

const offer = (subject: string, type: ExportType, more: Partial<Export> = {}): Export => ({
  subject,
  type,
  revocations: new Map(),
  ...more,
});
const take = (from: TestAccount, subject: string, type: ExportType, more: Partial<Import> = {}): Import => ({
  account: from.id,
  subject,
  type,
  ...more,
});

/** The service `echo` of one account and `bank` of another, both imported by a third, `bank` with its askers' details. */
async function twoServices(): Promise<{ world: World; echo: TestAccount; bank: TestAccount; importer: TestAccount }> {
  const world = await makeWorld();
  const echo = await world.account('ECHO', ({ nats }) => void nats.exports.push(offer('echo', 'service')));
  const bank = await world.account('BANK', ({ nats }) => void nats.exports.push(offer('bank', 'service')));
  const importer = await world.account('IMPORTER', ({ nats }) => {
    nats.imports.push(take(echo, 'echo', 'service'), take(bank, 'bank', 'service', { share: true }));
  });
  return { world, echo, bank, importer };
}

describe('an answer that goes on as a request', () => {
  it('is asked by the account that chose its reply, and tells nothing of who answered', async () => {
    const { world, echo, bank, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, banks, asks] = [await login(echo, { name: 'unwitting' }), await login(bank), await login(importer)];
    answers.send('SUB echo 1\r\n');
    banks.send('SUB bank 1\r\n');
    await answers.soFar();
    await banks.soFar();
    asks.send('PUB echo bank 2\r\nhi\r\n');
    const reply = /_R_\.\S+/.exec(await answers.until('hi\r\n'))?.[0] as string;
    answers.send(`PUB ${reply} 8\r\ntransfer\r\n`);
    await answers.soFar();
    const got = await banks.until('transfer\r\n');
    expect(got).toContain(`Nats-Request-Info: {"acc":"${importer.id}"}\r\n`);
    expect(got).not.toContain(echo.id);
    expect(got).not.toContain('unwitting');
  });
});

describe('a reply', () => {
  const within = (account: TestAccount): Promise<TestUser> =>
    account.user('limited', ({ nats }) => {
      nats.pub.allow.push('echo', '$SYS.REQ.USER.INFO', 'free');
      nats.sub.allow.push('_INBOX.>');
    });

  it('to another account or the broker is refused where the asker may neither listen nor publish', async () => {
    const { world, echo, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, guarded, asks] = [await login(echo), await login(importer), await login(await within(importer))];
    answers.send('SUB echo 1\r\n');
    guarded.send('SUB admin.> 1\r\n');
    await answers.soFar();
    await guarded.soFar();
    for (const subject of ['echo', '$SYS.REQ.USER.INFO']) {
      asks.send(`PUB ${subject} admin.delete 0\r\n\r\n`);
      expect(await asks.soFar()).toBe('-ERR \'Permissions Violation for Publish with Reply of "admin.delete"\'\r\n');
    }
    expect(await answers.soFar()).toBe('');
    expect(await guarded.soFar()).toBe('');
  });

  it('is free within the account, and where the asker may listen', async () => {
    const { world, echo, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, other, asks] = [await login(echo), await login(importer), await login(await within(importer))];
    answers.send('SUB echo 1\r\n');
    other.send('SUB free 1\r\n');
    asks.send('SUB _INBOX.x.* 1\r\n');
    for (const client of [answers, other, asks]) await client.soFar();
    asks.send(
      'PUB free admin.delete 0\r\n\r\nPUB echo _INBOX.x.1 0\r\n\r\nPUB $SYS.REQ.USER.INFO _INBOX.x.2 0\r\n\r\n',
    );
    expect(await asks.until('}}\r\n')).toMatch(/^MSG _INBOX\.x\.2 1 \d+\r\n/);
    expect(await answers.soFar()).toMatch(/^HMSG echo 1 _R_\./);
    expect(await other.soFar()).toBe('MSG free 1 admin.delete 0\r\n\r\n');
  });

  it('of a service is known to nobody who could guess or claim it', async () => {
    const { world, echo, bank, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, outsider, asks] = [await login(echo), await login(bank), await login(importer)];
    answers.send('SUB echo 1\r\n');
    await answers.soFar();
    outsider.send('SUB _R_.> 1\r\n');
    await outsider.soFar();
    asks.send('SUB inbox 1\r\nSUB _R_.> 2\r\nPUB echo inbox 2\r\nhi\r\n');
    const reply = /_R_\.\S+/.exec(await answers.until('hi\r\n'))?.[0] as string;
    outsider.send(`PUB ${reply} 5\r\nfalse\r\nPUB echo ${reply} 5\r\nfalse\r\n`);
    expect(await outsider.soFar()).toContain('Permissions Violation for Publish with Reply of');
    asks.send(`PUB ${reply} 5\r\nfalse\r\n`);
    expect(await asks.soFar()).toBe(`MSG ${reply} 2 5\r\nfalse\r\n`);
    answers.send(`PUB ${reply} 4\r\ntrue\r\n`);
    await answers.soFar();
    expect(await asks.soFar()).toBe('MSG inbox 1 4\r\ntrue\r\n');
    expect(await outsider.soFar()).toBe('');
  });
});

describe('who asks', () => {
  const FALSE = '{"acc":"FALSE"}';
  it.each([
    `Nats-Request-Info: ${FALSE}`,
    `Nats-Request-Info: ${FALSE}\r\nNats-Request-Info: ${FALSE}\r\nNats-Request-Info: ${FALSE}`,
    `nats-request-info: ${FALSE}\r\nNATS-REQUEST-INFO: ${FALSE}`,
    `Nats-Request-Info : ${FALSE}`,
    `Nats-Request-Info\t:${FALSE}`,
    ` Nats-Request-Info: ${FALSE}`,
    `A: b\r\n Nats-Request-Info: ${FALSE}`,
    `A: b\r\n\tNats-Request-Info: ${FALSE}`,
    `A: b\nNats-Request-Info: ${FALSE}`,
    `A: b\rNats-Request-Info: ${FALSE}`,
    `A: b\n\rNats-Request-Info: ${FALSE}`,
    `\x00Nats-Request-Info: ${FALSE}`,
    `\xa0Nats-Request-Info\xa0: ${FALSE}`,
    `\r\nNats-Request-Info: ${FALSE}`,
    `\r\nNATS/1.0\r\nNats-Request-Info: ${FALSE}`,
    `Nats-Request-Info:\r\n ${FALSE}`,
  ])('is written by the broker alone, whatever is sent as %j', async (field) => {
    const { world, echo, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, asks] = [await login(echo), await login(importer)];
    answers.send('SUB echo 1\r\n');
    await answers.soFar();
    const block = `NATS/1.0\r\n${field}\r\n\r\n`;
    // Once as the whole header, once with what a lenient reader takes for the first line missing.
    for (const each of [block, block.slice('NATS/1.0\r\n'.length), block.replace('NATS/1.0\r\n', 'NATS/1.0\r')]) {
      asks.send(`HPUB echo ${each.length} ${each.length}\r\n${each}\r\n`);
      await asks.soFar();
      const got = await answers.soFar();
      expect(got).not.toContain('FALSE');
      expect(got.split('Nats-Request-Info').length).toBe(2);
      expect(got).toContain(`Nats-Request-Info: {"acc":"${importer.id}"`);
    }
  });

  it('leaves the fields of others as they were', async () => {
    const { world, echo, importer } = await twoServices();
    broker = await brokerOf(world);
    const [answers, asks] = [await login(echo), await login(importer)];
    answers.send('SUB echo 1\r\n');
    await answers.soFar();
    const block = 'NATS/1.0 200 OK\r\nA: Nats-Request-Info: x\r\nB: 1\r2\r\n c\r\nNats-Request-Information: y\r\n\r\n';
    asks.send(`HPUB echo ${block.length} ${block.length}\r\n${block}\r\n`);
    await asks.soFar();
    expect(await answers.soFar()).toContain(`${block.slice(0, -2)}Nats-Request-Info: {"acc"`);
  });
});

describe('a deny', () => {
  const PAIRS = [
    ['*.secret', 'foo.*', 'foo.secret', 'foo.public'],
    ['foo.*.bar', 'foo.baz.*', 'foo.baz.bar', 'foo.baz.qux'],
    ['*.*.bar', 'foo.*.*', 'foo.baz.bar', 'foo.baz.qux'],
    ['a.>', '*.b', 'a.b', 'z.b'],
    ['> workers', '>', '', 'foo.public'],
  ] as const;

  it.each(PAIRS)(
    'of %s holds for a subscription to %s, plain and in a group, at home and across imports',
    async (...pair) => {
      const [deny, subscription, blocked, open] = pair;
      const world = await makeWorld();
      const source = await world.account('SOURCE', ({ nats }) => void nats.exports.push(offer('>', 'stream')));
      const home = await world.account('HOME', ({ nats }) => {
        nats.imports.push(take(source, '>', 'stream'));
        nats.exports.push(offer('>', 'service'));
      });
      const asker = await world.account('ASKER', ({ nats }) => void nats.imports.push(take(home, '>', 'service')));
      broker = await brokerOf(world);
      const denied = await home.user('denied', ({ nats }) => {
        nats.sub.allow.push('>');
        nats.sub.deny.push(deny);
      });
      const listener = await login(denied);
      const grouped = !deny.includes(' ');
      listener.send(`SUB ${subscription} 1\r\n${grouped ? `SUB ${subscription} group 2\r\n` : ''}`);
      expect(await listener.soFar()).toBe('');
      for (const from of [await login(home), await login(source), await login(asker)]) {
        if (blocked !== '') from.send(`PUB ${blocked} 3\r\nbad\r\n`);
        from.send(`PUB ${open} 4\r\ngood\r\n`);
        await from.soFar();
        const got = await listener.soFar();
        expect(got).not.toContain('bad');
        expect(got.split('good').length - 1).toBe(grouped ? 2 : 1);
      }
    },
  );

  it('of a subject is not undone by one for a group', async () => {
    const world = await makeWorld();
    const a = await world.account('A');
    broker = await brokerOf(world);
    const user = await a.user('u', ({ nats }) => {
      nats.sub.allow.push('>');
      nats.sub.deny.push('admin.>', '> restricted');
    });
    const client = await login(user);
    client.send('SUB admin.secret workers 1\r\nSUB open restricted 2\r\n');
    expect(await client.soFar()).toBe(
      '-ERR \'Permissions Violation for Subscription to "admin.secret" using queue "workers"\'\r\n' +
        '-ERR \'Permissions Violation for Subscription to "open" using queue "restricted"\'\r\n',
    );
  });
});

/** CVE-2021-3127: each of these let an account take what was never exported to it. */
describe('an activation', () => {
  interface Cast {
    exporter: TestAccount;
    importer: TestAccount;
    other: TestAccount;
    plain: Seed;
    scoped: Seed;
  }
  interface Token {
    to?: string;
    by?: Seed;
    for?: string;
    subject?: string;
    type?: ExportType;
    iat?: number;
    exp?: number;
    nbf?: number;
  }
  const CASES: [string, boolean, (cast: Cast) => Token, Partial<Import>?][] = [
    ['of the exporter', true, () => ({})],
    ['of a signing key of the exporter', true, ({ plain, exporter }) => ({ by: plain, for: exporter.id })],
    ['of a narrower subject than imported', false, () => ({ subject: 'secret.x' })],
    ['of another subject', false, () => ({ subject: 'public.>' })],
    ['for another account', false, ({ other }) => ({ to: other.id })],
    ['by another account', false, ({ other }) => ({ by: other.seed })],
    [
      'by another account in the name of the exporter',
      false,
      ({ other, exporter }) => ({ by: other.seed, for: exporter.id }),
    ],
    ['by the importer itself', false, ({ importer, exporter }) => ({ by: importer.seed, for: exporter.id })],
    ['by a key made for users only', false, ({ scoped, exporter }) => ({ by: scoped, for: exporter.id })],
    ['by a key that is not listed', false, ({ exporter }) => ({ by: Seed.generate('account'), for: exporter.id })],
    ['for a service', false, () => ({ type: 'service' })],
    ['that has expired', false, () => ({ exp: now() - 1 })],
    ['that is not valid yet', false, () => ({ nbf: now() + 60 })],
    ['that was revoked at the second it was issued', false, () => ({ iat: now() - 100 })],
    ['issued a second after the revocation', true, () => ({ iat: now() - 98 })],
    ['that is none', false, () => ({}), { token: 'x' }],
    ['left out', false, () => ({}), { token: '' }],
  ];

  it.each(CASES)('%s: used is %s', async (_title, used, tokenOf, more = {}) => {
    const world = await makeWorld();
    const exporter = await world.account('EXPORTER');
    const importer = await world.account('IMPORTER');
    const other = await world.account('OTHER');
    const plain = await exporter.signingKey();
    const scoped = await exporter.signingKey(noLimits());
    const token = tokenOf({ exporter, importer, other, plain, scoped });
    await exporter.change(({ nats }) => {
      nats.exports.push(
        offer('secret.>', 'stream', { token_req: true, revocations: new Map([[importer.id, now() - 100]]) }),
      );
    });
    const claims = newActivation(token.to ?? importer.id, token.subject ?? 'secret.>', token.type ?? 'stream');
    if (token.for !== undefined) claims.nats.issuer_account = token.for;
    if (token.exp !== undefined) claims.exp = token.exp;
    if (token.nbf !== undefined) claims.nbf = token.nbf;
    const signed = await signClaims(claims, seedSigner(token.by ?? exporter.seed), { now: token.iat ?? now() });
    await importer.change(({ nats }) => {
      nats.imports.push(take(exporter, 'secret.>', 'stream', { token: signed.token, ...more }));
    });
    broker = await brokerOf(world);
    const listener = await login(importer).catch(() => null);
    // An account JWT that cannot be valid is refused whole.
    if (listener === null) {
      expect(used).toBe(false);
      return;
    }
    listener.send('SUB > 1\r\n');
    await listener.soFar();
    const from = await login(exporter);
    from.send('PUB secret.x 2\r\nhi\r\nPUB secret.y 2\r\nhi\r\n');
    await from.soFar();
    expect((await listener.soFar()).split('MSG ').length - 1).toBe(used ? 2 : 0);
  });
});
