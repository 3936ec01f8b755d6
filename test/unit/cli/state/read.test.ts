import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { parseState } from '../../../../cli/state/read.js';
import { ORG, org, refusal } from './org.js';

const HEAD = 'apiVersion: natsctl/v1\nkind: Operator\nname: acme\n';

/** Where and why a text is refused. */
async function faults(text: string) {
  const { code, details } = await refusal(() => parseState(text, 'org.yaml'));
  expect(code).toBe('ERR_STATE_INVALID');
  return (details.faults as { pointer: string; line: number; column: number; message: string }[]).map(
    ({ pointer, line, column, message }) => `${line}:${column} ${pointer} ${message}`,
  );
}

describe('a state file', () => {
  it.each([
    ['a field that is misspelt', `${HEAD}acounts: {}\n`, '4:1 /acounts is no known field: did you mean accounts?'],
    ['a field nobody knows', `${HEAD}accounts: {shop: {zzz: 1}}\n`, '4:19 /accounts/shop/zzz is no known field'],
    [
      'a field in another letter case',
      `${HEAD}accounts: {shop: {users: {ann: {Bearer: true}}}}\n`,
      '4:33 /accounts/shop/users/ann/Bearer is no known field: did you mean bearer?',
    ],
    ['__proto__', `${HEAD}__proto__: {prune: true}\n`, '4:1 /__proto__ is no known field'],
    ['a field that is there twice', `${HEAD}accounts: {}\naccounts: {}\n`, '5:1 /accounts is there twice'],
    [
      'an account that is there twice',
      `${HEAD}accounts:\n  shop: {}\n  shop: {}\n`,
      '6:3 /accounts/shop is there twice',
    ],
    [
      'a number for text',
      `${HEAD}accounts: {shop: {description: 5}}\n`,
      '4:19 /accounts/shop/description must be text, not the number 5',
    ],
    ['text for a truth', `${HEAD}prune: "yes"\n`, '4:1 /prune must be true or false, not the string "yes"'],
    ['a mapping for a list', `${HEAD}tags: {a: b}\n`, '4:1 /tags must be a list, not a mapping'],
    ['a list for a mapping', `${HEAD}accounts: [shop]\n`, '4:1 /accounts must be a mapping, not a list'],
    ['nothing for a list', `${HEAD}tags:\n`, '4:1 /tags must be a list, not nothing'],
    ['a number in a list of texts', `${HEAD}tags: [a, 1]\n`, '4:11 /tags/1 must be text, not the number 1'],
    [
      'a number that is not whole',
      `${HEAD}accounts: {s: {limits: {connections: 1.5}}}\n`,
      '4:25 /accounts/s/limits/connections must be a whole number or unlimited, not the number 1.5',
    ],
    [
      'a number beyond 2^53',
      `${HEAD}accounts: {s: {limits: {connections: 9007199254740993}}}\n`,
      '4:25 /accounts/s/limits/connections must be a whole number or unlimited, not the number 9007199254740992',
    ],
    [
      'a size that is none',
      `${HEAD}accounts: {s: {limits: {payload: 10 apples}}}\n`,
      '4:25 /accounts/s/limits/payload must be a size like 10MiB, 2GB or 4096, or unlimited, not the string "10 apples"',
    ],
    [
      'a time from now',
      `${HEAD}expires: 30d\n`,
      '4:1 /expires must be a time like 2030-01-31 or 2030-01-31T23:59:59Z, not the string "30d"',
    ],
    [
      'a day that is none',
      `${HEAD}expires: 2030-02-31\n`,
      '4:1 /expires must be a time like 2030-01-31 or 2030-01-31T23:59:59Z, not the string "2030-02-31"',
    ],
    [
      'a span that is none',
      `${HEAD}accounts: {s: {exports: [{subject: a, type: service, responseThreshold: 5 apples}]}}\n`,
      '4:54 /accounts/s/exports/0/responseThreshold must be a span of time like 500ms, 5s or 1h30m, or unlimited, not the string "5 apples"',
    ],
    [
      'a key of another kind',
      `${HEAD}key: ${Seed.generate('account').publicKey}\n`,
      /^4:1 \/key must be the public key of an operator \(O\.\.\.\), not the string/,
    ],
    [
      'a key that is misspelt',
      `${HEAD}accounts: {s: {key: AAAA}}\n`,
      '4:16 /accounts/s/key must be the public key of an account (A...), not the string "AAAA"',
    ],
    [
      'a word that is not one of a few',
      `${HEAD}accounts: {s: {exports: [{subject: a, type: topic}]}}\n`,
      '4:39 /accounts/s/exports/0/type must be one of stream, service, not the string "topic"',
    ],
    [
      'what is missing',
      `${HEAD}accounts: {s: {exports: [{type: stream}]}}\n`,
      '4:26 /accounts/s/exports/0 subject is missing',
    ],
    [
      'a role without a name and a key',
      `${HEAD}accounts: {s: {signingKeys: [{data: 5}]}}\n`,
      '4:30 /accounts/s/signingKeys/0 needs a role or a key',
    ],
    [
      'another version',
      HEAD.replace('v1', 'v2'),
      '1:1 /apiVersion must be one of natsctl/v1, not the string "natsctl/v2"',
    ],
    ['no mapping at all', 'just text', '1:1  must be a mapping, not the string "just text"'],
    ['a tag of YAML', `${HEAD}tags: !secret [a]\n`, '4:1 /tags has a tag of its own'],
    ['a tag of code', `${HEAD}tags: [!!js/function x]\n`, '4:22 /tags/0 has a tag of its own'],
    ['an anchor that is not there', `${HEAD}tags: *nowhere\n`, /anchor nowhere/],
    [
      'a merge key',
      `${HEAD}accounts:\n  a: &a {description: x}\n  b: {<<: *a}\n`,
      '6:7 /accounts/b/<< is no known field',
    ],
  ])('%s is refused with its place', async (_what, text, fault) => {
    // `yaml` finds an anchor that is not there itself.
    if (fault instanceof RegExp && text.includes('*nowhere')) {
      expect((await refusal(() => parseState(text, 'org.yaml'))).message).toMatch(/4:\d+: .*nowhere/);
      return;
    }
    const found = await faults(text);
    if (fault instanceof RegExp) expect(found[0]).toMatch(fault);
    else expect(found).toEqual([fault]);
  });

  it('tells all that is wrong with it at once', async () => {
    expect(await faults(`${HEAD}tags: {}\nprune: 1\naccounts: {s: {x: 1}}\n`)).toHaveLength(3);
    const { message } = await refusal(() => parseState(`${HEAD}tags: {}\nprune: 1\n`, 'org.yaml'));
    expect(message).toBe('org.yaml:4:1: /tags must be a list, not a mapping');
  });

  it.each([
    ['what is no YAML', `${HEAD}tags: [a\n`, 'ERR_STATE_SYNTAX'],
    ['two documents', `${HEAD}---\n${HEAD}`, 'ERR_STATE_SYNTAX'],
    ['nothing', '', 'ERR_STATE_SYNTAX'],
    ['a private key', `${HEAD}# ${Seed.generate('account').reveal()}\n`, 'ERR_STATE_SEED'],
    ['a bomb of aliases', bomb(), 'ERR_STATE_INVALID'],
    ['a bomb of depth', `${HEAD}tags: ${'['.repeat(50)}${']'.repeat(50)}\n`, 'ERR_STATE_INVALID'],
    ['an anchor in itself', `${HEAD}accounts: &a {s: *a}\n`, 'ERR_STATE_INVALID'],
  ])('%s is refused', async (_what, text, code) => {
    expect(await refusal(() => parseState(text, 'org.yaml'))).toMatchObject({ code });
  });

  it('does not repeat a private key', async () => {
    const seed = Seed.generate('user').reveal();
    const { message, details } = await refusal(() => parseState(`${HEAD}key: ${seed}\n`, 'org.yaml'));
    expect(message).toContain('org.yaml:4:6');
    expect(JSON.stringify([message, details])).not.toContain(seed);
  });

  it('may be JSON, have comments, and share what it repeats by anchors', () => {
    const json = JSON.stringify({
      apiVersion: 'natsctl/v1',
      kind: 'Operator',
      name: 'acme',
      accounts: { a: { limits: { payload: '1MiB' } } },
    });
    expect(parseState(json, 'x').accounts.get('a')?.amounts.payload).toBe(1024 ** 2);
    const shared = `${HEAD}# all the same\naccounts:\n  a: {limits: &std {payload: 64KiB}}\n  b: {limits: *std}\n  c:\n`;
    const { accounts } = parseState(shared, 'x');
    expect(accounts.get('b')?.amounts.payload).toBe(65536);
    expect(accounts.get('c')?.amounts.payload).toBe(-1);
  });

  it('takes names as text, whatever they look like', () => {
    const names = ['1', 'true', 'null', '1e3', '0x1f', '~', '2020-01-01', '__proto__', 'constructor', 'yes'];
    const text = `${HEAD}accounts:\n${names.map((name) => `  ${name}: {}\n`).join('')}`;
    expect([...parseState(text, 'x').accounts.keys()]).toEqual(names);
  });

  it('too large is refused before it is read', async () => {
    const { write } = org();
    const { readStateText } = await import('../../../../cli/state/read.js');
    const file = write('big.yaml', '#'.repeat(64 * 1024 * 1024 + 1));
    expect(await refusal(() => readStateText(file))).toMatchObject({ code: 'ERR_DATA_TOO_LARGE' });
    expect(await refusal(() => readStateText(`${file}.not`))).toMatchObject({ code: 'ERR_SOURCE' });
  });

  it('of another encoding is refused: its names would be others', async () => {
    const { write } = org();
    const { readStateText } = await import('../../../../cli/state/read.js');
    const file = write('latin.yaml', '');
    writeFileSync(file, Buffer.from(`${HEAD}accounts: {M\u00fcller: {}}\n`, 'latin1'));
    expect(await refusal(() => readStateText(file))).toMatchObject({ code: 'ERR_STATE_SYNTAX' });
  });

  it('reads what its own examples say', () => {
    expect(parseState(ORG, 'x').accounts.size).toBe(3);
  });
});

function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, at) => `  - &l${at + 1} [${Array.from({ length: 9 }, () => `*l${at}`).join(', ')}]`,
  );
  return `${HEAD}tags:\n  - &l0 [x]\n${levels.join('\n')}\n`;
}
