import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { findSeed } from '../../../../cli/store/keystore.js';
import { isDamaged } from '../../../../cli/store/store.js';
import { listUserNames, listUsers, readUser } from '../../../../cli/store/users.js';
import { createUsers, type ManyUsers } from '../../../../cli/user/bulk/create.js';
import { parseCsv } from '../../../../cli/user/bulk/csv.js';
import { wantedOfRows } from '../../../../cli/user/bulk/flags.js';
import { createFromList, type ListFlags } from '../../../../cli/user/bulk/from-list.js';
import { formatOf, readRows } from '../../../../cli/user/bulk/rows.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { program } from '../program.js';
import { tempDir, tempSettings } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

const cells = (text: string) => parseCsv(text).map((record) => record.cells);

describe('csv', () => {
  it.each([
    [
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r1,2\r',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a\n"x ""y"", z"\n', [['a'], ['x "y", z']]],
    [
      'a,b\n"1\r\n2",3\n',
      [
        ['a', 'b'],
        ['1\r\n2', '3'],
      ],
    ],
    [
      'a;b\n1,5;2\n',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'a\tb\n1\t2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n\n  \n1,\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    [
      'a,b\n"",x',
      [
        ['a', 'b'],
        ['', 'x'],
      ],
    ],
    ['', []],
  ])('%j', (text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  it('counts lines, also those inside quotes', () => {
    expect(parseCsv('a\n"1\n2"\n\n3\n').map(({ line }) => line)).toEqual([1, 2, 5]);
  });

  it.each([
    ['a\n"x', 2, 'no end'],
    ['a\n1\n"x" y\n', 3, 'follows the closing quote'],
    ['a\nx"y\n', 2, 'inside a cell'],
  ])('refuses %j', (text, line, message) => {
    expect(() => parseCsv(text)).toThrow(message);
    expect(() => parseCsv(text)).toThrow(expect.objectContaining({ line }));
  });
});

describe('rows', () => {
  it('take the names of flags, and those people use', () => {
    const { rows, faults } = readRows(
      'Name,allow_pub,Tags,role,expires,Source Networks\nann,"a,b",x,sales,1h,10.0.0.0/8\n',
      'csv',
    );
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      {
        line: 2,
        fields: {
          name: 'ann',
          'allow-pub': ['a,b'],
          tag: ['x'],
          'private-key': 'sales',
          expiry: '1h',
          'source-network': ['10.0.0.0/8'],
        },
      },
    ]);
  });

  it('of JSON lines take texts, numbers, truth and lists', () => {
    const text = '{"name":"ann","allow-sub":["a","b"],"subs":5,"bearer":true,"expiry":null}\n\n{"name":"bob"}\n';
    expect(readRows(text, 'jsonl').rows).toEqual([
      { line: 1, fields: { name: 'ann', 'allow-sub': ['a', 'b'], subs: '5', bearer: 'true' } },
      { line: 3, fields: { name: 'bob' } },
    ]);
  });

  it.each([
    ['name,alow_pub\nx,y\n', 'csv', 'did you mean allow-pub?'],
    ['name,name\nx,y\n', 'csv', undefined],
    ['ann\nbob\n', 'csv', expect.stringContaining('there are: name')],
  ] as const)('refuse the heading of %j', (text, format, hint) => {
    expect(() => readRows(text, format)).toThrow(expect.objectContaining({ code: 'ERR_USAGE', hint }));
  });

  it.each([
    ['{"name":"a","name":"b"}', 'ERR_JSON_INVALID'],
    ['[1]', 'ERR_DATA_INVALID'],
    ['{"name":{"x":1}}', 'ERR_DATA_INVALID'],
    ['{"name":["a"]}', 'ERR_DATA_INVALID'],
    ['{"nme":"a"}', 'ERR_USAGE'],
    ['{"tag":["a"],"tags":["b"]}', 'ERR_DATA_INVALID'],
  ])('of JSON lines are refused one by one: %s', (line, code) => {
    const { rows, faults } = readRows(`{"name":"ok"}\n${line}\n`, 'jsonl');
    expect(rows).toHaveLength(1);
    expect(faults).toEqual([{ line: 2, code, message: expect.any(String) }]);
  });

  it('are told apart by the name of the file, else by how they begin', () => {
    expect(formatOf('x.CSV', '{')).toBe('csv');
    expect(formatOf('x.ndjson', 'a')).toBe('jsonl');
    expect(formatOf('-', ' {"name":1}')).toBe('jsonl');
    expect(formatOf('-', 'name')).toBe('csv');
  });
});

async function shop(): Promise<{ workspace: Workspace; dir: string; list(text: string, name?: string): string }> {
  const dir = tempDir();
  const workspace = await tempWorkspace({ settings: tempSettings(dir) });
  await createAccount(workspace, { name: 'orders' });
  return {
    workspace,
    dir,
    list(text, name = 'users.csv') {
      const file = path.join(dir, name);
      writeFileSync(file, text);
      return file;
    },
  };
}

const orders: ListFlags = { account: 'orders' };
const namesOf = (workspace: Workspace) => listUserNames(workspace.store, 'orders');

describe('users of a list', () => {
  it('are made as one by one: claims, seeds and creds; flags stand for what a row leaves out', async () => {
    const { workspace, list } = await shop();
    const key = Seed.generate('user').publicKey;
    const file = list(
      `\ufeffname,public_key,allow_pub,deny_sub,tags,expiry,bearer,subs,conn_type\r\nann,,"a.>,$JS.API.>",x.>,"Red,blue",,yes,5,mqtt\r\nbob,${key},,,,2d,,,\r\n`,
    );
    const { users, output, dryRun } = await createFromList(
      workspace,
      file,
      { ...orders, 'allow-sub': ['_INBOX.>'], tag: ['all'], expiry: '1d' },
      null,
    );
    expect({ output, dryRun }).toEqual({ output: null, dryRun: false });
    expect(users.map(({ name, line, creds }) => [name, line, creds !== null])).toEqual([
      ['ann', 2, true],
      ['bob', 3, false],
    ]);
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => readUser(workspace.store, 'orders', name)));
    expect(ann?.jwt.claims).toMatchObject({
      name: 'ann',
      exp: workspace.now + 86_400,
      nats: {
        pub: { allow: ['$JS.API.>', 'a.>'] },
        sub: { allow: ['_INBOX.>'], deny: ['x.>'] },
        tags: ['red', 'blue'],
        bearer_token: true,
        subs: 5,
        allowed_connection_types: ['MQTT'],
      },
    });
    expect(bob?.jwt.claims).toMatchObject({ sub: key, exp: workspace.now + 2 * 86_400, nats: { tags: ['all'] } });
    const { token, seed } = parseCreds(readFileSync(users[0]?.creds as string, 'utf8'));
    expect(token).toBe(ann?.jwt.token);
    expect((await findSeed(workspace.keystore, seed.publicKey))?.reveal()).toBe(seed.reveal());
    expect(statSync(users[0]?.creds as string).mode & 0o777).toBe(0o600);
  });

  it('by the thousand, whose keys and files two threads make', { timeout: 60_000 }, async () => {
    const { workspace, list } = await shop();
    const rows = Array.from({ length: 1_200 }, (_, i) => `u${i}`);
    await createFromList(workspace, list(`name\n${rows.join('\n')}\n`), orders, null);
    const users = await listUsers(workspace.store, 'orders');
    expect(users.filter(isDamaged)).toEqual([]);
    const keys = new Set<string>();
    for (const user of users) {
      if (isDamaged(user)) throw user.problem;
      keys.add(user.jwt.claims.sub);
      const creds = path.join(workspace.keystore, 'creds/acme/orders', `${user.name}.creds`);
      expect(parseCreds(readFileSync(creds, 'utf8')).token).toBe(user.jwt.token);
      expect(await findSeed(workspace.keystore, user.jwt.claims.sub)).not.toBeNull();
    }
    expect(keys.size).toBe(1_200);
  });

  it('all or none: every fault is told with its line, and nothing is written', async () => {
    const { workspace, list } = await shop();
    await createFromList(workspace, list('name\nann\n'), orders, null);
    const text = `name,allow_pub,public_key,account,expiry
ok,a,,,
Ann,a,,,
bad/name,a,,,
dot,a..b,,,
key,a,UXX,,
else,a,,nope,
time,a,,,yesterday
ok,a,,,
,a,,,
short,a
`;
    const said: string[] = [];
    const made = createFromList(workspace, list(text), orders, (line) => said.push(line));
    const codes = [
      [3, 'ERR_USER_NAME_TAKEN'],
      [4, 'ERR_NAME_INVALID'],
      [5, 'ERR_CLAIMS_INVALID'],
      [6, 'ERR_KEY_INVALID'],
      [7, 'ERR_ACCOUNT_UNKNOWN'],
      [8, 'ERR_TIME_INVALID'],
      [9, 'ERR_USER_NAME_TAKEN'],
      [10, 'ERR_DATA_INVALID'],
      [11, 'ERR_DATA_INVALID'],
    ] as const;
    const faults = codes.map(([line, code]) => ({ line, code, message: expect.any(String) }));
    await expect(made).rejects.toMatchObject({
      code: 'ERR_ROWS_REFUSED',
      details: { rows: 10, refused: 9, faults },
    });
    expect(said).toHaveLength(9);
    expect(said[0]).toMatch(/^line 3: .*ann.*\[ERR_USER_NAME_TAKEN\]$/);
    expect(await namesOf(workspace)).toEqual(['ann']);
    expect(readdirSync(path.join(workspace.keystore, 'creds/acme/orders'))).toEqual(['ann.creds']);
  });

  it('with one key twice, an empty list, bytes that are no text: refused', async () => {
    const { workspace, dir, list } = await shop();
    const key = Seed.generate('user').publicKey;
    const twice = list(`name,public_key\na,${key}\nb,${key}\n`);
    await expect(createFromList(workspace, twice, orders, null)).rejects.toThrow('line 2 has the same public key');
    await expect(createFromList(workspace, list('name\n'), orders, null)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    const binary = path.join(dir, 'b.csv');
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x61, 0]));
    await expect(createFromList(workspace, binary, orders, null)).rejects.toMatchObject({ code: 'ERR_DATA_INVALID' });
    expect(await namesOf(workspace)).toEqual([]);
  });

  it('as an archive that tar reads, or a folder; with --no-creds none', async () => {
    const { workspace, dir, list } = await shop();
    for (const name of ['creds.tar', 'creds.tar.gz']) {
      const archive = path.join(dir, name);
      const long = `${'ü'.repeat(60)}-${name.length}`;
      const { users, output } = await createFromList(
        workspace,
        list(`name\nx${name.length}\n${long}\n`),
        { ...orders, archive },
        null,
      );
      expect(output).toBe(archive);
      expect(users.map((user) => user.creds)).toEqual([null, null]);
      expect(statSync(archive).mode & 0o777).toBe(0o600);
      const out = path.join(dir, `out-${name}`);
      mkdirSync(out);
      execFileSync('tar', ['-xf', archive, '-C', out], { stdio: ['ignore', 'ignore', 'ignore'] });
      expect(readdirSync(path.join(out, 'orders')).sort()).toEqual([`x${name.length}.creds`, `${long}.creds`].sort());
      const creds = readFileSync(path.join(out, 'orders', `${long}.creds`), 'utf8');
      expect(decodeAs('user', parseCreds(creds).token).claims.name).toBe(long);
    }
    const folder = path.join(dir, 'folder');
    const made = await createFromList(workspace, list('name\ny\n'), { ...orders, output: folder }, null);
    expect(made.users[0]?.creds).toBe(path.join(folder, 'orders', 'y.creds'));
    expect(parseCreds(readFileSync(path.join(folder, 'orders', 'y.creds'), 'utf8')).seed.kind).toBe('user');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await createFromList(workspace, list('name\nz\n'), { ...orders, 'no-creds': true }, null);
    expect(existsSync(path.join(workspace.keystore, 'creds/acme/orders'))).toBe(false);
    expect(await namesOf(workspace)).toHaveLength(6);
  });

  it('nothing that is there is written over, and an archive has the name of one', async () => {
    const { workspace, dir, list } = await shop();
    const file = list('name\nx\n');
    const archive = path.join(dir, 'x.tar');
    writeFileSync(archive, 'mine');
    const taken = createFromList(workspace, file, { ...orders, archive }, null);
    await expect(taken).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    await expect(createFromList(workspace, file, { ...orders, output: dir }, null)).rejects.toMatchObject({
      code: 'ERR_FILE_EXISTS',
    });
    mkdirSync(path.join(dir, 'empty'));
    symlinkSync('empty', path.join(dir, 'link'));
    const linked = createFromList(workspace, file, { ...orders, output: path.join(dir, 'link') }, null);
    await expect(linked).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readdirSync(dir).filter((name) => name.includes('natsctl-tmp'))).toEqual([]);
    const zip = createFromList(workspace, file, { ...orders, archive: path.join(dir, 'x.zip') }, null);
    await expect(zip).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(readFileSync(archive, 'utf8')).toBe('mine');
    expect(await namesOf(workspace)).toEqual([]);
  });

  it('says that they are made, and where their creds are, where these do not come to their place', async () => {
    const { workspace, dir, list } = await shop();
    const output = path.join(dir, 'out');
    const inTheWay: ManyUsers['progress'] = () => {
      mkdirSync(path.join(output, 'x'), { recursive: true });
      return { advance() {}, end() {} };
    };
    const { rows, faults } = readRows(readFileSync(list('name,account\nx,orders\n'), 'utf8'), 'csv');
    const many = { rows, faults, wanted: wantedOfRows({}, workspace.now), dryRun: false, progress: inTheWay };
    const made = createUsers(workspace, { ...many, creds: { kind: 'folder', path: output } });
    const error = await made.catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_CREDS_LEFT',
      message: expect.stringMatching(/^the users are created, but /),
    });
    expect(parseCreds(readFileSync(path.join(error.details.file, 'orders', 'x.creds'), 'utf8')).token).toContain('.');
    expect(await namesOf(workspace)).toEqual(['x']);
  });

  it.each(['csv', 'jsonl'] as const)('more than can be made at once are refused early: %s', (format) => {
    const text = format === 'csv' ? `name\n${'a\n'.repeat(3_000_000)}` : '{}\n'.repeat(3_000_000);
    const before = performance.now();
    expect(() => readRows(text, format)).toThrow('there are more than 100000 rows');
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(parseCsv(text, 10)).toHaveLength(11);
    expect(() => parseCsv(','.repeat(2_000))).toThrow('more than 1000 cells');
  });

  it('with --dry-run are judged, and nothing is made', async () => {
    const { workspace, dir, list } = await shop();
    const file = list('{"name":"x"}\n', 'x.jsonl');
    const archive = path.join(dir, 'x.tar');
    const made = await createFromList(workspace, file, { ...orders, archive, 'dry-run': true }, null);
    expect(made).toMatchObject({ dryRun: true, output: null, users: [{ name: 'x', publicKey: null, creds: null }] });
    expect(existsSync(archive)).toBe(false);
    expect(await namesOf(workspace)).toEqual([]);
  });
});

it('through the program: from stdin, with its documents and refusals', async () => {
  const home = tempDir();
  await program(home)('operator', 'create', 'acme');
  await program(home)('account', 'create', 'orders');
  const natsctl = program(home, {}, 'name,tag\nann,x\nbob,\n');
  const made = await natsctl('user', 'create', '--from', '-', '--json');
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(made.stdout)).toMatchObject({
    users: [
      { line: 2, name: 'ann', account: 'orders', role: null, creds: expect.stringMatching(/ann\.creds$/) },
      { line: 3, name: 'bob', publicKey: expect.stringMatching(/^U/) },
    ],
    output: null,
    dryRun: false,
  });
  const again = await natsctl('user', 'create', '--from', '-');
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toMatch(
    /^line 2: .*\nline 3: .*\nnatsctl: 2 of 2 rows cannot be made, so none is; .*\[ERR_ROWS_REFUSED\]/,
  );
  expect(await natsctl('user', 'create', 'x', '--from', '-')).toMatchObject({ code: 2 });
  expect(await natsctl('user', 'create', 'x', '--archive', 'x.tar')).toMatchObject({ code: 2 });
  const more = program(home, {}, '{"name":"eve"}');
  expect((await more('user', 'create', '--from', '-', '--archive', 'x.tgz')).stdout).toContain('x.tgz');
  expect((await more('user', 'create', '--from', '-', '--dry-run')).stderr).toContain('eve');
  expect(await program(home)('user', 'create', 'solo', '--dry-run')).toMatchObject({ code: 0 });
  expect((await program(home)('user', 'describe', 'solo')).stderr).toContain('ERR_USER_UNKNOWN');
});
