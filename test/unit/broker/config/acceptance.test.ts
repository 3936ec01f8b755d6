import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfigFile } from '../../../../broker/config/parser.js';
import { peer } from '../../../peers.js';

const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const program = peer('nats-server');

function ours(file: string): string | null {
  try {
    parseConfigFile(file);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What nats-server says of the syntax of a file; what it says of keys and values is another matter. */
async function theirs(file: string): Promise<string | null> {
  const child = spawn(program as string, ['-t', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await once(child, 'close');
  return /Parse error|config is invalid|out of the range|expected (integer|Zulu|float)|variable reference|include file/.test(
    said,
  )
    ? said
    : null;
}

let n = 0;
async function both(text: string) {
  const file = path.join(folder, `${n++}.conf`);
  writeFileSync(file, text);
  return { ours: ours(file), theirs: await theirs(file) };
}

const CORPUS = [
  '',
  '# c',
  '// c\nport: 1',
  'port: 4222',
  'port = 4222',
  'port 4222',
  '"port": 4222,',
  "'port' = 4222;",
  '{ "port": 4222 }',
  '{"port": 4222, "host": "a"}',
  '{"a": {"b": [1, 2 ]}}',
  'foo = [1,2]\n',
  'foo = [1,2 ]\n',
  'foo = [a,b]',
  'foo = ["a","b"]',
  'foo = [\n a\n b\n]',
  'foo {\n a = 1\n b: 2\n}',
  'foo { a: 1, b: 2 }',
  'foo { a: 1; b: 2 }',
  'foo: 1 }',
  '}',
  'foo: 1\n}',
  'foo: 1\n}\nbar: 2',
  'foo',
  'foo ',
  'foo\n= 1',
  'foo =\n 1',
  'foo =',
  'foo = ;',
  '= 1',
  'foo = = 1',
  'foo: -1',
  'foo: -x',
  'foo: .5',
  'foo: 1.',
  'foo: 1.5',
  'foo: 1.5s',
  'foo: 5s',
  'foo: 1k',
  'foo: 1kb',
  'foo: 1kib',
  'foo: 1KiB',
  'foo: 1bk',
  'foo: 9223372036854775807',
  'foo: 9223372036854775808',
  'foo: -9223372036854775808',
  'foo: 127.0.0.1',
  'foo: 127.0.0.1:4222',
  'foo: 10.0.0.0/8',
  'foo: 2016-05-04T18:53:41Z',
  'foo: 2016-05-04',
  'foo: 2016-13-04T18:53:41Z',
  'foo: 2016-02-30T18:53:41Z',
  'foo: 12-3',
  'foo: "a\\nb"',
  'foo: "a\\qb"',
  'foo: "\\x41"',
  'foo: "\\x4"',
  'foo: a\\tb',
  'foo: C:\\foo',
  "foo: 'a\\b'",
  'foo: "a',
  "foo: 'a",
  'foo: (\nabc\n)\n',
  'foo: (\nabc\n)',
  'foo: (\nabc)\n',
  'foo: (abc\n)\nbar: 1',
  'foo: (\r\nabc\r\n)\r\n',
  'a: 1\nb: $a',
  'b: $a',
  'b: $2a$11$abc/def.',
  'b: $2b$11$abc',
  'a { x: 1, y: $x }',
  'a { x: 1 }\ny: $x',
  'a: $a',
  'include nothing.conf',
  'include',
  'include ',
  'include: 5',
  'include = 5',
  'include [a]',
  'include 5',
  'include "x',
  'a { include nothing.conf }',
  'a / b',
  'a: 1 / \nb: 2',
  'a: [x / y]',
  'a: [ /x ]',
  'a { /b: 1 }',
  'a: 1 # c',
  'a: 1 // c',
  'a: 1 / c',
  '/ a',
  '{ / a: 1}',
  '{a: 1}{b: 2}',
  '{{a: 1}}',
  '{{a: 1},b:2}',
  '{{a: 1} b:2}',
  '{a: 1',
  '{',
  '{ # c\n a: 1 # d\n}',
  '{a: 1\n}\nb: 2',
  '{a: 1} b: 2',
  'a: {b: 1,,c: 2}',
  'a: [1 ,, 2 ]',
  'a: [,1 ]',
  'a: {,b: 1}',
  'a { b: , }',
  'a { = 1 }',
  'a { ] }',
  'a { b: 1 ] }',
  'a: [ x } ]',
  'a: [ x ; y ]',
  'a { b',
  'a { b:',
  'a { b: 1',
  'a [ 1',
  'a: [1k]\n',
  'a: [1k ]',
  'a: [-1]',
  'a: [1.5]',
  'a: [1.2.3.4]',
  'a: ["x" "y"]',
  'a: "x" b: 1',
  'a: "x"; b: 1',
  'a: "x", b: 1',
  "a: b'c",
  "a: 'b'c",
  'a: b"c',
  'a{b: 1}',
  'a {b: 1}',
  'a={b: 1}',
  'a\u00a0b',
  'a\v: 1',
  'a: 1\v',
  'a: 1\r\nb: 2\r\n',
  '\ufeffa: 1',
  'a: \u0661',
  'a: true',
  'a: tRuE',
  'a: yesno',
  'a: 1kfoo',
  'a: 1k5',
  'a: 12x',
  "a: 1'",
  "a: 'x' # y",
  'a: x#y',
  'a: x//y',
  'a: http://x:1/y',
  'a: [http://x, b]',
  'a: $',
  'a: $ b',
  'a: "$x"',
  'a: \\$x',
  "a: b'\nc: 1",
  'a: 1,\n',
  'a: {b: {c: {d: [ {e: 1}, {f: [g]}]}}}',
];

describe.skipIf(program === undefined)('a configuration file', () => {
  it.each(CORPUS)('%j is accepted, or not, as by nats-server', async (text) => {
    const said = await both(text);
    expect(said.ours === null ? null : said.ours, `theirs: ${said.theirs}`).toEqual(
      said.theirs === null ? null : expect.any(String),
    );
  });

  it('of generated text is accepted, or not, as by nats-server', async () => {
    const piece = fc.constantFrom(
      'a',
      'b ',
      ': ',
      '= ',
      '{',
      '}',
      '[',
      ']',
      ',',
      ';',
      '\n',
      ' ',
      '"x"',
      "'y'",
      '1',
      '-2',
      '1k ',
      '2.5',
      '/',
      '//c\n',
      '#d\n',
      '$a',
      '\\n',
      '(',
      ')',
      '\r\n',
      'on',
      '127.0.0.1',
      'include ',
      '"',
      "'",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
        const said = await both(pieces.join(''));
        // What stops in the middle, or leaves a key without its value, is refused by us alone (broker/config/parser.ts).
        if (/Unexpected EOF|no value for the key|config is invalid/.test(said.ours ?? '')) return;
        expect(said.ours === null, JSON.stringify({ text: pieces.join(''), ...said })).toBe(said.theirs === null);
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });
});
