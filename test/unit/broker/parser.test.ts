import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerOf, payloadOf, replyOf, subjectOf } from '../../../broker/protocol/operation.js';
import { type Operations, Parser } from '../../../broker/protocol/parser.js';

type Seen = (string | number)[];

function recorder(): { seen: Seen[]; operations: Operations } {
  const seen: Seen[] = [];
  const text = (bytes: Buffer): string => bytes.toString('latin1');
  const operations: Operations = {
    publish(p) {
      const header = headerOf(p);
      const tail = text(p.buf.subarray(p.tailStart, p.tailEnd));
      seen.push([
        'PUB',
        subjectOf(p),
        replyOf(p),
        header === null ? '-' : text(header),
        text(payloadOf(p)),
        tail,
        p.hash,
      ]);
    },
    connect: (json) => void seen.push(['CONNECT', text(json)]),
    subscribe: (op) => void seen.push(['SUB', op.subject, op.queue, op.sid]),
    unsubscribe: (op) => void seen.push(['UNSUB', op.sid, op.max]),
    ping: () => void seen.push(['PING']),
    pong: () => void seen.push(['PONG']),
    info: (json) => void seen.push(['INFO', text(json)]),
    peerError: (bytes) => void seen.push(['-ERR', text(bytes)]),
    fault: (fault) => void seen.push(['FAULT', fault]),
  };
  return { seen, operations };
}

interface Setting {
  authenticated?: boolean;
  headers?: boolean;
  maxPayload?: number;
}

function parse(chunks: Buffer[], setting: Setting = {}): Seen[] {
  const { seen, operations } = recorder();
  const parser = new Parser(operations);
  parser.authenticated = setting.authenticated ?? true;
  parser.headers = setting.headers ?? true;
  if (setting.maxPayload !== undefined) parser.maxPayload = setting.maxPayload;
  // A copy each: what the parser keeps of a chunk must not depend on the chunk's buffer.
  for (const chunk of chunks) parser.feed(Buffer.from(chunk));
  return seen;
}

const parseText = (text: string, setting?: Setting): Seen[] => parse([Buffer.from(text, 'latin1')], setting);
const operationsOf = (text: string, setting?: Setting): Seen[] =>
  parseText(text, setting).map((each) => each.slice(0, -2));

const BIG = 'x'.repeat(40_000);
const STREAM = [
  'CONNECT {"a":1}\r\n',
  'PING\r\n',
  'ping  anything up to the line end\n',
  'PUB foo 5\r\nhello\r\n',
  'PUB foo reply.to 5\r\nhello\r\n',
  'PUB foo 7reply 0\r\n\r\n',
  'pub\tfoo.bar \t 3 \t\r\nabc\r\n',
  'PUB lf 2\nhi\r\n',
  'PUB padded 0002\r\nhi\r\n',
  'HPUB foo 12 17\r\nNATS/1.0\r\n\r\nhello\r\n',
  'HPUB foo re  12   12 \r\nNATS/1.0\r\n\r\n\r\n',
  'SUB foo.* 1\r\n',
  'sub foo.> workers a1\r\n',
  'UNSUB 1\r\n',
  'UNSUB 1 5\r\n',
  'PONG\r\n',
  '+OK\r\n',
  'INFO {"x":2}\r\n',
  'PUB \xc3\xa9\xff.\x01 3\r\n\r\n\n\r\n',
  "-ERR 'some text'\r\n",
].join('');

describe('parser', () => {
  it('reads every operation a client may send', () => {
    expect(parseText(STREAM).map((each) => (each[0] === 'PUB' ? each.slice(0, 6) : each))).toEqual([
      ['CONNECT', '{"a":1}'],
      ['PING'],
      ['PING'],
      ['PUB', 'foo', '', '-', 'hello', '5\r\nhello\r\n'],
      ['PUB', 'foo', 'reply.to', '-', 'hello', '5\r\nhello\r\n'],
      ['PUB', 'foo', '7reply', '-', '', '0\r\n\r\n'],
      ['PUB', 'foo.bar', '', '-', 'abc', '3\r\nabc\r\n'],
      ['PUB', 'lf', '', '-', 'hi', '2\r\nhi\r\n'],
      ['PUB', 'padded', '', '-', 'hi', '0002\r\nhi\r\n'],
      ['PUB', 'foo', '', 'NATS/1.0\r\n\r\n', 'hello', '12 17\r\nNATS/1.0\r\n\r\nhello\r\n'],
      ['PUB', 'foo', 're', 'NATS/1.0\r\n\r\n', '', '12 12\r\nNATS/1.0\r\n\r\n\r\n'],
      ['SUB', 'foo.*', '', '1'],
      ['SUB', 'foo.>', 'workers', 'a1'],
      ['UNSUB', '1', -1],
      ['UNSUB', '1', 5],
      ['PONG'],
      ['INFO', '{"x":2}'],
      ['PUB', '\xc3\xa9\xff.\x01', '', '-', '\r\n\n', '3\r\n\r\n\n\r\n'],
      ['-ERR', "'some text'"],
    ]);
  });

  it('reads the same when cut at any one byte', () => {
    const bytes = Buffer.from(`${STREAM}PUB big 40000\r\n${BIG}\r\nPING\r\n`, 'latin1');
    const whole = parse([bytes]);
    const end = STREAM.length + 40;
    for (let at = 0; at <= end; at++) expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
  });

  it('reads the same byte by byte', () => {
    const bytes = Buffer.from(STREAM, 'latin1');
    expect(parse(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(parse([bytes]));
  });

  it('reads the same, faults included, however a hostile stream is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'PUB ',
        'PUB foo 3\r\nabc\r\n',
        'HPUB a 1 2\r\n12\r\n',
        'PING\r\n',
        'SUB a 1\r\n',
        'UNSUB 1\r\n',
        '\r\n',
        '\n',
      ),
      fc.constantFrom(
        ' ',
        '\t',
        '3',
        '12',
        'foo',
        'MSG',
        'p',
        'PU',
        'HPUB',
        'CONNECT {}',
        'PUB foo 9999999999\r\n',
        'INFO {}',
        '+OK',
        '-ERR',
      ),
      fc.constant('a'.repeat(4_097)),
      fc.string({ maxLength: 6 }),
    );
    const cuts = fc.array(fc.nat(), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), cuts, fc.boolean(), (pieces, at, authenticated) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const points = [0, ...at.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = points.slice(1).map((point, i) => bytes.subarray(points[i], point));
        expect(parse(chunks, { authenticated })).toEqual(parse([bytes], { authenticated }));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [' PING\r\n', 'protocol'],
    ['FOO\r\n', 'protocol'],
    ['PUB\r\n', 'protocol'],
    ['UNSUB_2\r\n', 'protocol'],
    ['CONNECT{}\r\n', 'protocol'],
    ['MSG foo 1 2\r\nhi\r\n', 'protocol'],
    ['HMSG foo 1 12 12\r\nNATS/1.0\r\n\r\n\r\n', 'protocol'],
    ['RS+ A foo\r\n', 'protocol'],
    ['LS+ foo\r\n', 'protocol'],
    ['A+ A\r\n', 'protocol'],
    ['PUB foo 2\r\nok \r\n', 'protocol'],
    ['PUB foo 2\r\nok\n\r\n', 'protocol'],
    ['X', 'protocol'],
    ['PUBX', 'protocol'],
    ['PUB foo\r\n', 'arguments'],
    ['PUB \r\n', 'arguments'],
    ['PUB foo bar baz 2\r\n', 'arguments'],
    ['PUB foo -1\r\n', 'arguments'],
    ['PUB foo +5\r\n', 'arguments'],
    ['PUB foo 1e3\r\n', 'arguments'],
    ['PUB foo 0x10\r\n', 'arguments'],
    ['PUB foo 9999999999\r\n', 'arguments'],
    ['HPUB foo 5 4\r\n', 'arguments'],
    ['HPUB foo 4\r\n', 'arguments'],
    ['SUB foo\r\n', 'arguments'],
    ['SUB foo bar baz 22\r\n', 'arguments'],
    ['UNSUB 1 2 3\r\n', 'arguments'],
    ['PUB foo 1048577\r\n', 'payload'],
    [`SUB ${'a'.repeat(4_097)}\r\n`, 'control-line'],
    [`SUB ${'a'.repeat(4_098)}`, 'control-line'],
    [`SUB ${' '.repeat(4_097)}a 1\r\n`, 'control-line'],
    [`CONNECT {"x":"${'a'.repeat(4_096)}"}\r\n`, 'control-line'],
  ])('ends the connection for %j: %s', (text, fault) => {
    expect(parseText(text)).toEqual([['FAULT', fault]]);
  });

  it('takes a control line of exactly the limit', () => {
    const subject = 'a'.repeat(4_094);
    expect(operationsOf(`SUB ${subject} 1\r\n`)).toEqual([['SUB', subject]]);
  });

  it('refuses everything but CONNECT first', () => {
    for (const first of ['PING\r\n', 'PUB foo 2\r\n', 'SUB foo 1\r\n', 'INFO {}\r\n', 'P', '\r\n']) {
      expect(parseText(first, { authenticated: false })).toEqual([['FAULT', 'unauthenticated']]);
    }
    expect(parseText('connect {}\r\n', { authenticated: false })).toEqual([['CONNECT', '{}']]);
  });

  it('refuses HPUB where headers were not agreed', () => {
    expect(parseText('HPUB foo 12 12\r\nNATS/1.0\r\n\r\n\r\n', { headers: false })).toEqual([['FAULT', 'arguments']]);
  });

  it('judges the size on the control line, before the payload came', () => {
    expect(parseText('PUB foo 11\r\n', { maxPayload: 10 })).toEqual([['FAULT', 'payload']]);
    expect(parseText('PUB foo 1\r\n', { maxPayload: 0 })).toEqual([['FAULT', 'payload']]);
    expect(parseText('PUB foo 0\r\n\r\n', { maxPayload: 0 }).length).toBe(1);
  });

  it('keeps what comes while it is paused and goes on from there', () => {
    const { seen, operations } = recorder();
    const parser = new Parser({
      ...operations,
      connect(json) {
        operations.connect(json);
        parser.pause();
      },
    });
    parser.feed(Buffer.from('CONNECT {}\r\nPING\r\nSUB f'));
    parser.feed(Buffer.from('oo 1\r\n'));
    expect(seen).toEqual([['CONNECT', '{}']]);
    parser.authenticated = true;
    parser.resume();
    expect(seen.slice(1)).toEqual([['PING'], ['SUB', 'foo', '', '1']]);
  });

  it('takes nothing after it was stopped', () => {
    const { seen, operations } = recorder();
    const parser = new Parser(operations);
    parser.authenticated = true;
    parser.feed(Buffer.from('FOO'));
    parser.feed(Buffer.from('PING\r\n'));
    expect(seen).toEqual([['FAULT', 'protocol']]);
  });
});
