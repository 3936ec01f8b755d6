import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, type TestAccount, type TestUser } from '../unit/broker/world.js';

/** Any bytes in, and only whole protocol lines out to others. */
let account: TestAccount;
let user: TestUser;
let broker: RunningBroker;
const clients: RawClient[] = [];

beforeEach(async () => {
  const world = await makeWorld();
  account = await world.account('A');
  user = await account.user('u');
  broker = await brokerOf(world);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker.close();
});

async function login(): Promise<RawClient> {
  const client = await RawClient.login(broker.port, user);
  clients.push(client);
  return client;
}

/** Reads what a subscriber got as strictly as the strictest client; the number of messages. */
function messagesIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const end = text.indexOf('\r\n', at);
    const words = text.slice(at, end).split(' ');
    const sizes = words[0] === 'HMSG' ? 2 : 1;
    const whole =
      ['MSG', 'HMSG'].includes(words[0] as string) && words.length - sizes >= 3 && words.length - sizes <= 4;
    const plain =
      words.every((word) => /^[^\t\r\n]+$/.test(word)) && words.slice(-sizes).every((word) => /^\d+$/.test(word));
    expect(whole && plain && words[2] === '1', JSON.stringify(text.slice(at, at + 120))).toBe(true);
    const size = words.at(-1);
    at = end + 2 + Number(size);
    expect(text.slice(at, at + 2)).toBe('\r\n');
    at += 2;
  }
  return count;
}

describe('sizes', () => {
  it.each([
    ...['-1', '+5', '0x10', '1e3', '5.0', '5a', "''", '2147483648', '4294967301', '9223372036854775808', '1000000000'],
    ...['00000000000000000005', '\x005', '5\x00', '٥', '5,', '5 5 5'],
  ])('of %j are refused, and nothing of it is read as anything else', async (size) => {
    const [listener, from] = [await login(), await login()];
    listener.send('SUB > 1\r\n');
    await listener.soFar();
    from.send(Buffer.from(`PUB a ${size}\r\nPUB b 0\r\n\r\n`));
    expect(await from.untilClosed()).toMatch(/^(-ERR '[A-Z a-z]+'\r\n)?$/);
    const other = await login();
    for (const sizes of [`${size} 5`, `5 ${size}`]) {
      const again = await login();
      again.send(Buffer.from(`HPUB a ${sizes} 7 7\r\nPUB b 0\r\n\r\n`));
      await again.untilClosed();
    }
    other.send('PUB end 0\r\n\r\n');
    expect(await other.soFar()).toBe('');
    expect(await listener.soFar()).toBe('MSG end 1 0\r\n\r\n');
  });

  it('are passed on with one blank between them, whatever stood there', async () => {
    const [listener, from] = [await login(), await login()];
    listener.send('SUB > 1\r\n');
    await listener.soFar();
    const block = 'NATS/1.0\r\n\r\n';
    for (const blank of [' ', '\t', '\r', '\r\r', ' \r ', '\t\r\t'])
      from.send(`HPUB${' '}a${blank}12${blank}14\r\n${block}hi\r\n`);
    from.send(`HPUB a 012 0014 \r\r\n${block}hi\r\nPUB\ta\r\r\t\r2\r\r\nhi\r\n`);
    expect(await from.soFar()).toBe('');
    const whole = `HMSG a 1 12 14\r\n${block}hi\r\n`.repeat(6);
    expect(await listener.soFar()).toBe(`${whole}HMSG a 1 012 0014\r\n${block}hi\r\nMSG a 1 2\r\nhi\r\n`);
  });
});

describe('lines', () => {
  const odd = fc
    .array(
      fc.constantFrom(
        'a',
        'b',
        '.',
        '*',
        '>',
        ' ',
        '\t',
        '\r',
        '\n',
        '\r\n',
        '\x01',
        '\x7f',
        '\x85',
        '\xa0',
        '\xff',
        "'",
        '"',
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((parts) => parts.join(''));

  it('to others are as many as there were messages, whatever stands in subject, queue, reply and sid', async () => {
    const listener = await login();
    listener.send('SUB > 1\r\n');
    await listener.soFar();
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, async (subject, reply, sid) => {
        const from = await login();
        from.send(
          `SUB ${subject} ${reply} ${sid}\r\nPUB ${subject} ${reply} 2\r\nhi\r\nHPUB ${subject} ${reply} 12${sid}14\r\n`,
        );
        from.send('NATS/1.0\r\n\r\nhi\r\n');
        await from.soFar().catch(() => {});
        from.close();
        messagesIn(await listener.soFar());
      }),
      { numRuns: 150 },
    );
  });

  it('may end with LF alone, and are cut anywhere', async () => {
    const [listener, from] = [await login(), await login()];
    listener.send('SUB > 1\n');
    await listener.soFar();
    const stream = Buffer.from('PUB a r 2\nhi\r\nHPUB b 12 14\nNATS/1.0\r\n\r\nhi\r\nPUB\tc\t0\r\n\r\n');
    for (let cut = 1; cut < stream.length; cut++) {
      from.send(stream.subarray(0, cut));
      await new Promise(setImmediate);
      from.send(stream.subarray(cut));
      expect(await from.soFar()).toBe('');
      expect(messagesIn(await listener.soFar())).toBe(3);
    }
  });
});

describe('operations before CONNECT', () => {
  it.each([
    'PING',
    'PONG',
    'PUB a 0\r\n',
    'HPUB a 0 0\r\n',
    'SUB > 1',
    'UNSUB 1',
    'INFO {}',
    '+OK',
    "-ERR 'x'",
    'RMSG $G a 2',
    'LS+ x',
    'GET / HTTP/1.1',
  ])('like %j are refused', async (line) => {
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.send(`${line}\r\n`);
    expect(await client.untilClosed()).toBe("-ERR 'Authorization Violation'\r\n");
  });
});
