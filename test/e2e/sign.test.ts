/** `natsctl sign` against a service that holds no key of its operator: all that changes is signed where the keystore is. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeAs } from '../../claims/jwt/decode.js';
import { Seed } from '../../claims/keys/seed.js';
import { type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

let home: Home;
let service: Started;
let url: string;
let tokenFile: string;
let operator: { publicKey: string; version: number };

const at = (name: string) => path.join(home.folder, name);
const natsctl = (args: string[], input?: string) => run(home, args, input === undefined ? {} : { input });
const signing = (...more: string[]) => ['sign', '--service', url, ...more];

async function api(method: string, where: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/api/v1${where}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: JSON.parse(text), etag: answer.headers.get('etag') ?? '' };
}

const account = async (id: string) =>
  decodeAs('account', await (await fetch(`${url}/jwt/v1/accounts/${id}`)).text()).claims;

beforeAll(async () => {
  home = makeHome();
  expect((await natsctl(['operator', 'create', 'acme', '--sys'])).code).toBe(0);
  service = start(home, [
    'service',
    'start',
    '--port',
    '-1',
    '--ports-file',
    at('ports.json'),
    '--data-dir',
    at('data'),
  ]);
  url = (await jsonFile<{ service: string }>(at('ports.json'), service)).service;
  tokenFile = at('data/admin.token');
  const [served] = (await api('GET', '/operators')).json.items;
  const none = await api(
    'PATCH',
    `/operators/${served.publicKey}`,
    { custody: 'none', removeKeys: true },
    { 'if-match': `"v${served.version}"` },
  );
  operator = none.json;
  expect(none.json).toMatchObject({ custody: 'none', keysInCustody: [] });
}, 60_000);
afterAll(async () => {
  await service.stop();
  home.remove();
});

describe('natsctl sign', () => {
  it('makes, changes and revokes at a service whose custody is none', { timeout: 60_000 }, async () => {
    const seed = Seed.generate('account');
    const create = await api('POST', '/accounts', { name: 'orders', publicKey: seed.publicKey });
    expect(create).toMatchObject({ status: 409, json: { code: 'ERR_SIGN_ELSEWHERE' } });
    writeFileSync(at('create.json'), create.text);

    const tried = await natsctl(signing('create.json', '--push', '--dry-run', '--json'));
    expect(tried.json()).toMatchObject({
      kind: 'account',
      subject: seed.publicKey,
      jwt: null,
      pushed: null,
      dryRun: true,
    });
    expect((await api('GET', `/accounts/${seed.publicKey}`)).status).toBe(404);

    const pushed = await natsctl(signing('create.json', '--push'));
    expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining('created at') });
    expect(pushed.stderr).toContain('+ : {"name":"orders"');
    expect(await account(seed.publicKey)).toMatchObject({ name: 'orders', sub: seed.publicKey });

    const etag = { 'if-match': '"v1"' };
    const edit = await api('PATCH', `/accounts/${seed.publicKey}`, { nats: { limits: { conn: 7 } } }, etag);
    const meanwhile = await api('PATCH', `/accounts/${seed.publicKey}`, { nats: { limits: { conn: 8 } } }, etag);
    // From stdin, and the details alone.
    const edited = await natsctl(signing('-', '--push'), JSON.stringify(edit.json.details));
    expect(edited.stderr).toContain('~ /nats/limits/conn: -1 -> 7');
    const late = await natsctl(signing('-', '--push', '--json'), meanwhile.text);
    expect(late.code).toBe(1);
    expect(late.json().error).toMatchObject({ code: 'ERR_PUSH_REFUSED', details: { status: 412 } });

    const user = Seed.generate('user').publicKey;
    const revoke = await api('POST', `/accounts/${seed.publicKey}/revocations`, { user, at: 9 });
    expect((await natsctl(signing('-', '--push'), revoke.text)).code).toBe(0);
    expect((await account(seed.publicKey)).nats).toMatchObject({
      limits: { conn: 7 },
      revocations: new Map([[user, 9]]),
    });

    // To let the user back in is asked for by name, and as an admin.
    const back = await api('DELETE', `/accounts/${seed.publicKey}/revocations/${user}`);
    const refused = await natsctl(signing('-', '--push', '--json'), back.text);
    expect(refused.json().error.code).toBe('ERR_REVOCATIONS_DROPPED');
    expect((await natsctl(signing('-', '--push', '--force', '--json'), back.text)).json().error.code).toBe('ERR_USAGE');
    const meant = await natsctl(signing('-', '--push', '--force', '--token-file', tokenFile), back.text);
    expect(meant.code, meant.stderr).toBe(0);

    const gone = await api('DELETE', `/accounts/${seed.publicKey}?force=true`);
    const deleted = await natsctl(signing('-', '--push', '--token-file', tokenFile, '--json'), gone.text);
    expect(deleted.json().pushed).toMatchObject({
      result: 'updated',
      rest: [{ request: `DELETE /accounts/${seed.publicKey}`, done: true }],
    });
    expect((await fetch(`${url}/jwt/v1/accounts/${seed.publicKey}`)).status).toBe(404);
  });

  it('signs users for accounts of its store, and prints what goes nowhere', { timeout: 60_000 }, async () => {
    expect((await natsctl(['account', 'create', 'shop'])).code).toBe(0);
    expect((await natsctl(['push', 'shop', '--service', url])).code).toBe(0);
    const listed = (await api('GET', '/accounts')).json.items as { name: string; publicKey: string }[];
    const id = listed.find(({ name }) => name === 'shop')?.publicKey ?? '';
    const publicKey = Seed.generate('user').publicKey;
    const asked = await api('POST', `/accounts/${id}/users`, {
      name: 'till',
      publicKey,
      permissions: { pub: { allow: ['a'] } },
    });
    const signed = await natsctl(signing(), asked.text);
    const { claims } = decodeAs('user', signed.stdout.trim());
    expect(claims).toMatchObject({ sub: publicKey, name: 'till', nats: { pub: { allow: ['a'] } } });
    expect((await natsctl(signing('--push', '--json'), asked.text)).json().error.code).toBe('ERR_USAGE');
  });

  it('signs claims of the operator only where that is asked for', { timeout: 60_000 }, async () => {
    const publicKey = Seed.generate('operator').publicKey;
    const asked = await api('POST', `/operators/${operator.publicKey}/signing-keys`, { publicKey });
    const push = ['--push', '--token-file', tokenFile];
    expect((await natsctl(signing(...push, '--json'), asked.text)).json().error.code).toBe('ERR_SIGN_OPERATOR');
    expect((await natsctl(signing(...push, '--operator-claims'), asked.text)).code).toBe(0);
    const { items } = (await api('GET', `/operators/${operator.publicKey}/signing-keys`)).json;
    expect(items).toContainEqual({ publicKey, held: null });
  });

  it('believes nothing of a request that does not follow from its claims', { timeout: 120_000 }, async () => {
    const asked = await api('POST', '/accounts', { name: 'bad', publicKey: Seed.generate('account').publicKey });
    const { details } = asked.json;
    const other = Seed.generate('account').publicKey;
    const cases: [name: string, request: unknown, code: string][] = [
      ['another answer', { code: 'ERR_ACCOUNT_EXISTS' }, 'ERR_SIGN_REQUEST'],
      [
        'another place',
        { ...details, send: { ...details.send, url: `/jwt/v1/accounts/${other}` } },
        'ERR_SIGN_REQUEST',
      ],
      [
        'another host',
        { ...details, send: { ...details.send, url: `http://evil${details.send.url}` } },
        'ERR_SIGN_REQUEST',
      ],
      ['no condition', { ...details, send: { ...details.send, headers: {} } }, 'ERR_SIGN_REQUEST'],
      ['a foreign key', { ...details, signers: [Seed.generate('operator').publicKey] }, 'ERR_SIGNER_UNTRUSTED'],
      ['a key of another kind', { ...details, signers: [other] }, 'ERR_SIGN_REQUEST'],
      ['a field nobody knows', { ...details, claims: { ...details.claims, admin: true } }, 'ERR_JWT_CLAIMS'],
      ['an issuer', { ...details, claims: { ...details.claims, iss: other } }, 'ERR_SIGN_REQUEST'],
      ['the far future', { ...details, notIssuedBefore: details.notIssuedBefore + 90_000 }, 'ERR_SIGN_REQUEST'],
      [
        'a deletion of something else',
        { ...details, rest: [{ method: 'DELETE', url: `/api/v1/accounts/${other}`, headers: {} }] },
        'ERR_SIGN_REQUEST',
      ],
      ['no JSON', 'x', 'ERR_SIGN_REQUEST'],
    ];
    for (const [name, request, code] of cases) {
      const input = typeof request === 'string' ? request : JSON.stringify(request);
      expect((await natsctl(signing('--push', '--json'), input)).json().error?.code, name).toBe(code);
    }
    expect((await api('GET', `/accounts/${details.claims.sub}`)).status).toBe(404);
  });

  it('drops no revocation that this store knows, whatever the service forgot', { timeout: 60_000 }, async () => {
    const user = Seed.generate('user').publicKey;
    expect((await natsctl(['account', 'create', 'known'])).code).toBe(0);
    expect((await natsctl(['push', 'known', '--service', url])).code).toBe(0);
    const listed = (await api('GET', '/accounts')).json.items as { name: string; publicKey: string; version: number }[];
    const known = listed.find(({ name }) => name === 'known');
    expect((await natsctl(['revocation', 'add', user, '--unlisted', '--account', 'known'])).code).toBe(0);
    const edit = await api(
      'PATCH',
      `/accounts/${known?.publicKey}`,
      { nats: { limits: { conn: 1 } } },
      { 'if-match': `"v${known?.version}"` },
    );
    const refused = await natsctl(signing('--json'), edit.text);
    expect(refused.json().error).toMatchObject({ code: 'ERR_REVOCATIONS_DROPPED' });
    expect((await natsctl(signing('--force', '--json'), edit.text)).json()).toMatchObject({ jwt: expect.any(String) });
  });
});
