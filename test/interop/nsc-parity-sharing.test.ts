import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { decodeAs } from '../../claims/jwt/decode.js';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');

/** Claims of an account or an activation, but for what every signature sets anew. */
type Payload = Record<string, unknown> & { nats: Record<string, unknown> };

/**
 * The same home for both programs, with an account for each of them: what one flag line writes into the one must be what the
 * other's equivalent writes into the other.
 */
describe.skipIf(!nscProgram)('exports, imports, activations, mappings and revocations equal those of nsc', () => {
  let home: string;
  const run = (file: string, args: string[]) =>
    execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', file, ...args], {
      env: { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: `${home}/data`, XDG_CONFIG_HOME: `${home}/config` },
      cwd: home,
      encoding: 'utf8',
    });
  const nsc = (...args: string[]) => run(nscProgram as string, args);
  const natsctl = (...args: string[]) => run(inject('natsctl'), args);
  const account = (name: string): Payload => JSON.parse(natsctl('account', 'describe', name, '--json')).claims;
  const keys: Record<string, string> = {};

  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), 'natsctl-parity-'));
    nsc('init', '--name', 'op');
    for (const name of ['theirs', 'ours', 'source', 'guest']) {
      nsc('add', 'account', name);
      keys[name] = account(name).sub as string;
    }
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Both accounts hold the same under this name; activation tokens are compared by their claims. */
  const same = (field: 'exports' | 'imports' | 'mappings' | 'revocations') => {
    const theirs = account('theirs').nats[field];
    expect(theirs).toBeTruthy();
    expect(comparable(account('ours').nats[field])).toEqual(comparable(theirs));
  };
  const comparable = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (key, item: unknown) =>
      key === 'token' ? activation(item as string) : item === keys.theirs || item === keys.ours ? 'self' : item,
    );
  const activation = (token: string) => {
    const { iat: _iat, jti: _jti, ...claims } = decodeAs('activation', token).claims;
    return { ...claims, sub: claims.sub === keys.theirs || claims.sub === keys.ours ? 'self' : claims.sub };
  };

  it.each([
    ['news.>', ['-s', 'news.>'], ['news.>']],
    ['a name', ['-s', 'a', '-n', 'name'], ['a', '-n', 'name']],
    ['private', ['-s', 'b.*', '--private'], ['b.*', '--private']],
    ['position', ['-s', 'p.*.x', '--account-token-position', '2'], ['p.*.x', '--account-token-position', '2']],
    ['advertised', ['-s', 'adv', '--advertise'], ['adv', '--advertise']],
    ['service', ['-s', 's.*', '--service'], ['s.*', '--service']],
    [
      'latency',
      ['-s', 'l', '-r', '--latency', 'lat', '--sampling', '10', '--response-threshold', '90s', '--allow-trace'],
      ['l', '-r', '--latency', 'lat', '--sampling', '10', '--response-threshold', '90s', '--allow-trace'],
    ],
    [
      'headers',
      ['-s', '$JS.h', '-r', '--latency', 'lat', '--sampling', 'header', '--response-type', 'Chunked'],
      ['$JS.h', '-r', '--latency', 'lat', '--sampling', 'header', '--response-type', 'Chunked'],
    ],
  ])('export: %s', (_what, theirs, ours) => {
    nsc('add', 'export', '-a', 'theirs', ...theirs);
    natsctl('export', 'create', '-a', 'ours', ...ours);
    same('exports');
  });

  it('export edited and deleted', () => {
    const flags = ['--name', 'x', '--description', 'd', '--info-url', 'https://example.com/x', '--private'];
    nsc('edit', 'export', '-a', 'theirs', '-s', 's.*', ...flags, '--response-type', 'Stream');
    natsctl('export', 'edit', '-a', 'ours', 's.*', ...flags, '--response-type', 'Stream');
    same('exports');
    // nsc drops what an edit does not name (allow_trace, an unchanged response type): that is not for us to copy.
    nsc('edit', 'export', '-a', 'theirs', '-s', 'l', '--rm-latency-sampling');
    natsctl('export', 'edit', '-a', 'ours', 'l', '--rm-latency-sampling');
    const edited = (name: string) =>
      (account(name).nats.exports as { subject: string }[]).find((one) => one.subject === 'l');
    expect(edited('ours')).toEqual({ response_type: 'Singleton', allow_trace: true, ...edited('theirs') });
    nsc('delete', 'export', '-a', 'theirs', '-s', 'l');
    natsctl('export', 'delete', '-a', 'ours', 'l');
    nsc('delete', 'export', '-a', 'theirs', '-s', 'adv');
    natsctl('export', 'delete', '-a', 'ours', 'adv');
    same('exports');
  });

  it('activation, made, imported and revoked', () => {
    for (const args of [
      ['-s', 'pub.>'],
      ['-s', 'priv.*', '-r', '-p'],
    ]) {
      nsc('add', 'export', '-a', 'source', ...args);
    }
    const file = (name: string) => path.join(home, name);
    const expiry = '2040-01-31';
    nsc(
      'generate',
      'activation',
      '-a',
      'source',
      '-s',
      'priv.*',
      '-t',
      'theirs',
      '--expiry',
      expiry,
      '-o',
      file('theirs'),
    );
    natsctl(
      'activation',
      'create',
      'priv.*',
      '-a',
      'source',
      '-t',
      'ours',
      '--expiry',
      expiry,
      '--output',
      file('ours'),
    );
    const bare = (name: string) => readFileSync(file(name), 'utf8').split('\n')[1] as string;
    expect(activation(bare('ours'))).toEqual(activation(bare('theirs')));
    // Each reads what the other writes.
    expect(nsc('describe', 'jwt', '-f', file('ours'))).toContain('Activation');
    expect(JSON.parse(natsctl('activation', 'describe', file('theirs'), '--json')).verdict).toEqual({ state: 'ok' });

    nsc('add', 'import', '-a', 'theirs', '-u', file('theirs'), '-n', 'priv', '--share');
    natsctl('import', 'create', '-a', 'ours', '-u', file('ours'), '-n', 'priv', '--share');
    same('imports');
    const at = ['--at', '1700000000'];
    nsc('add', 'export', '-a', 'guest', '-s', 'g.*', '-p');
    const revocations = () => account('guest').nats.exports;
    nsc('revocations', 'add_activation', '-a', 'guest', '-s', 'g.*', '-t', keys.ours as string, ...at);
    const theirs = revocations();
    nsc('revocations', 'delete_activation', '-a', 'guest', '-s', 'g.*', '-t', keys.ours as string);
    natsctl('activation', 'revoke', '-a', 'guest', 'g.*', '-t', 'ours', ...at);
    expect(revocations()).toEqual(theirs);
    expect(nsc('revocations', 'list_activations', '-a', 'guest', '-s', 'g.*')).toContain(keys.ours);
  });

  it.each([
    ['pub.>', ['--remote-subject', 'pub.>'], ['pub.>']],
    [
      'under another name',
      ['--remote-subject', 'pub.*.eu', '-s', 'eu.$1', '-n', 'eu', '--allow-trace'],
      ['pub.*.eu', '-s', 'eu.$1', '-n', 'eu', '--allow-trace'],
    ],
  ])('import: %s', (_what, theirs, ours) => {
    nsc('add', 'import', '-a', 'theirs', '--src-account', 'source', ...theirs);
    natsctl('import', 'create', '-a', 'ours', '--src-account', 'source', ...ours);
    same('imports');
  });

  it('import deleted', () => {
    nsc('delete', 'import', '-a', 'theirs', '-s', 'pub.>', '--src-account', keys.source as string);
    natsctl('import', 'delete', '-a', 'ours', 'pub.>', '--source-account', 'source');
    same('imports');
  });

  it('mapping', () => {
    const lines: [string, string, ...string[]][] = [
      ['old.*', 'new.{{wildcard(1)}}'],
      ['a', 'b', '--weight', '50'],
      ['a', 'c', '--weight', '100', '--cluster', 'eu'],
      ['a', 'b', '--weight', '20'],
    ];
    for (const [from, to, ...more] of lines) {
      nsc('add', 'mapping', '-a', 'theirs', '--from', from, '--to', to, ...more);
      natsctl('mapping', 'create', '-a', 'ours', from, to, ...more);
    }
    same('mappings');
    nsc('delete', 'mapping', '-a', 'theirs', '--from', 'old.*');
    natsctl('mapping', 'delete', '-a', 'ours', 'old.*');
    same('mappings');
  });

  it('revocation of users', () => {
    const key = JSON.parse(natsctl('user', 'create', 'u', '-a', 'guest', '--json')).publicKey;
    nsc('revocations', 'add-user', '-a', 'theirs', '-u', key, '--at', '1700000000');
    natsctl('revocation', 'add', '-a', 'ours', key, '--at', '1700000000', '--unlisted');
    nsc('revocations', 'add-user', '-a', 'theirs', '-u', '*', '--at', '2023-01-01T00:00:00Z');
    natsctl('revocation', 'add', '-a', 'ours', '*', '--at', '2023-01-01T00:00:00Z');
    same('revocations');
    nsc('revocations', 'delete-user', '-a', 'theirs', '-u', key);
    natsctl('revocation', 'delete', '-a', 'ours', key);
    same('revocations');
  });

  it('users and accounts deleted and renamed: nsc goes on in the same store', () => {
    for (const name of ['theirs', 'ours']) {
      nsc('add', 'user', '-a', name, 'gone');
      nsc('add', 'user', '-a', name, 'stays');
    }
    nsc('delete', 'user', '-a', 'theirs', 'gone', '--revoke', '--rm-creds', '--rm-nkey');
    natsctl('user', 'delete', '-a', 'ours', 'gone', '--rm-nkey');
    const revoked = (name: string) => Object.values(account(name).nats.revocations as object).length;
    expect(revoked('ours')).toBe(revoked('theirs'));
    natsctl('user', 'rename', '-a', 'ours', 'stays', 'stayed');
    natsctl('account', 'rename', 'ours', 'renamed');
    natsctl('account', 'delete', 'guest', '--yes', '--remove-keys');
    natsctl('operator', 'rename', 'op', 'corp');
    const names = (text: string) => JSON.parse(text).map((one: { name: string }) => one.name);
    expect(names(nsc('list', 'operators', '--json'))).toEqual(['corp']);
    expect(names(nsc('list', 'accounts', '--json'))).toEqual(['SYS', 'op', 'renamed', 'source', 'theirs']);
    expect(names(nsc('list', 'users', '-a', 'renamed', '--json'))).toEqual(['stayed']);
    expect(nsc('generate', 'creds', '-a', 'renamed', '-n', 'stayed')).toContain('BEGIN USER NKEY SEED');
    expect(nsc('list', 'keys', '--all', '--not-referenced')).not.toMatch(/[OAU][A-Z2-7]{55}/);
    nsc('add', 'account', 'guest');
  });

  it('and nsc finds nothing wrong with any of it', () => {
    expect(nsc('validate', '--all-accounts')).not.toMatch(/\berror\b/i);
  });
});
