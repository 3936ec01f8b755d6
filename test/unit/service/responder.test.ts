import { createHash } from 'node:crypto';
import type { Msg } from '@nats-io/nats-core';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../broker/start.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newGeneric } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { signDeletion } from '../../../claims/trust/deletion.js';
import { gather } from '../../../resolver/gather.js';
import { listAccounts, lookupAccount, packAccounts } from '../../../resolver/nats.js';
import type { ServiceOptions } from '../../../service/start.js';
import { makeOperator, NOW, runService } from './service.js';
import { linked } from './system.js';

const USER = Seed.generate('user').publicKey;
const WAIT = { waitMs: 2_000 };

interface Answer {
  server: { name: string };
  data?: unknown;
  error?: { code: number; description: string };
}
const isOurs = (message: Msg) => message.json<Answer>().server.name === 'natsctl-service';

/** A service with an account, linked to a broker, which keeps no accounts: whoever answers is the service. */
async function alone(options: Partial<ServiceOptions> = {}) {
  const service = await runService(options);
  const broker = await startBroker({
    port: -1,
    operators: [service.operator.token],
    resolver: { url: `${service.url}/jwt/v1/accounts/` },
  });
  onTestFinished(() => broker.close());
  const asking = await linked(service, broker);
  const id = Seed.generate('account').publicKey;
  const token = await service.operator.account(id, ({ nats }) => void nats.revocations.set(USER, NOW - 60));
  expect((await service.push(id, token)).status).toBe(201);
  const stored = async () => (await service.get(`/jwt/v1/accounts/${id}`)).text;
  /** What the service answers; the broker answers too. */
  const ask = async (subject: string, payload: string) => {
    const answers = await gather(asking, subject, payload, { waitMs: 5_000, patient: true, enough: isOurs });
    return answers.filter(isOurs).map((message) => message.json<Answer>());
  };
  return { service, broker, asking, id, token, stored, ask };
}

describe('the service on the system account', () => {
  it('answers LOOKUP with the JWT, and not at all for what it does not know', async () => {
    const { asking, id, token } = await alone();
    expect(await lookupAccount(asking, id, { ...WAIT, expectServers: 1 })).toEqual({
      answers: 1,
      without: 0,
      tokens: [token],
    });
    const unknown = [Seed.generate('account').publicKey, 'nonsense', USER];
    const found = await Promise.all(
      unknown.map((one) => lookupAccount(asking, one, { waitMs: 500, expectServers: 1 })),
    );
    expect(found.map(({ answers }) => answers)).toEqual([0, 0, 0]);
  });

  it('answers LIST and PACK with every account, and PACK with nothing to who holds the same', async () => {
    const { service, asking, id, token } = await alone();
    const { operator } = service;
    const [list, ...more] = await listAccounts(asking, WAIT);
    expect(more).toEqual([]);
    expect(list).toMatchObject({ server: 'natsctl-service', serverId: expect.stringMatching(/^N/) });
    expect(list?.accounts.sort()).toEqual([id, operator.system.publicKey].sort());
    const pack = { waitMs: 2_000, quietMs: 500 };
    const all = new Map([
      [id, token],
      [operator.system.publicKey, operator.systemToken],
    ]);
    expect(await packAccounts(asking, pack)).toEqual(all);
    const [one, other] = [...all.values()].map((jwt) => createHash('sha256').update(jwt).digest());
    const hash = Buffer.from((one as Buffer).map((byte, at) => byte ^ ((other as Buffer)[at] ?? 0)));
    expect(await packAccounts(asking, { ...pack, hash })).toEqual(new Map());
  });

  it('answers nothing in a system of an operator it does not serve, and says so once', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const service = await runService({ logger });
    const foreign = await makeOperator();
    const broker = await startBroker({
      port: -1,
      operators: [foreign.token],
      resolver: { memory: [foreign.systemToken] },
    });
    onTestFinished(() => broker.close());
    const asking = await linked({ ...service, operator: foreign }, broker);
    const pack = { waitMs: 300, quietMs: 200 };
    const told = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => /are not answered/.test(msg));
    for (let n = 0; n < 2; n++) {
      expect([...((await packAccounts(asking, pack)) ?? []).keys()]).not.toContain(service.operator.system.publicKey);
      await lookupAccount(asking, service.operator.system.publicKey, { waitMs: 200, expectServers: 1 });
      await expect.poll(told).toMatchObject([{ systemAccount: foreign.system.publicKey }]);
    }
  });

  it('neither lists nor packs an expired account', async () => {
    const { service, asking, id, token } = await alone();
    const { operator } = service;
    const short = Seed.generate('account').publicKey;
    const soon = Math.floor(Date.now() / 1_000) + 2;
    await service.push(
      short,
      await operator.account(short, (claims) => {
        claims.exp = soon;
      }),
    );
    expect((await lookupAccount(asking, short, { ...WAIT, expectServers: 1 })).tokens).toHaveLength(1);
    await expect
      .poll(async () => (await lookupAccount(asking, short, { waitMs: 300, expectServers: 1 })).answers, {
        timeout: 5_000,
      })
      .toBe(0);
    expect([...((await packAccounts(asking, { waitMs: 2_000, quietMs: 500 })) ?? []).keys()].sort()).toEqual(
      [id, operator.system.publicKey].sort(),
    );
    expect((await lookupAccount(asking, id, { ...WAIT, expectServers: 1 })).tokens).toEqual([token]);
  });

  it('takes an update under each of its subjects, stores it once, and says so as nats-server does', async () => {
    const { service, id, stored, ask } = await alone();
    const { operator } = service;
    const subjects = [
      `$SYS.REQ.CLAIMS.UPDATE`,
      `$SYS.REQ.ACCOUNT.${id}.CLAIMS.UPDATE`,
      `$SYS.ACCOUNT.${id}.CLAIMS.UPDATE`,
    ];
    for (const [at, subject] of subjects.entries()) {
      const next = await operator.account(id, ({ nats }) => void nats.revocations.set(USER, NOW - 60), {
        iat: NOW - 40 + at,
      });
      expect(await ask(subject, next)).toEqual([
        {
          server: {
            name: 'natsctl-service',
            host: expect.any(String),
            id: expect.stringMatching(/^N/),
            ver: expect.any(String),
            seq: expect.any(Number),
            time: expect.any(String),
          },
          data: { account: id, code: 200, message: 'jwt updated' },
        },
      ]);
      expect(await stored()).toBe(next);
      expect(await ask(subject, next)).toMatchObject([{ data: { code: 200, message: 'jwt unchanged' } }]);
    }
    const { json } = await service.api('GET', `/accounts/${id}`);
    expect(json.version).toBe(1 + subjects.length);
    const audit = await service.api('GET', '/audit?limit=1000');
    expect(audit.json.items.filter(({ entity }: { entity: string }) => entity === id)).toHaveLength(
      1 + subjects.length,
    );
  });

  it('refuses what must not be stored, and keeps what it has', async () => {
    const { service, id, token, stored, ask } = await alone();
    const { operator } = service;
    const foreign = await (await makeOperator()).account(id);
    const other = Seed.generate('account').publicKey;
    const subject = `$SYS.REQ.ACCOUNT.${id}.CLAIMS.UPDATE`;
    const keeps = ({ nats }: { nats: { revocations: Map<string, number> } }) =>
      void nats.revocations.set(USER, NOW - 60);
    const cases: [subject: string, payload: string, code: string][] = [
      [subject, '', 'ERR_JWT_FORMAT'],
      [subject, 'x'.repeat(100_000), 'ERR_JWT_FORMAT'],
      ['$SYS.REQ.CLAIMS.UPDATE', '{}', 'ERR_JWT_FORMAT'],
      [subject, foreign, 'ERR_ACCOUNT_UNTRUSTED'],
      [subject, operator.token, 'ERR_JWT_KIND'],
      [subject, await operator.account(other), 'ERR_PUSH_ID_MISMATCH'],
      [subject, await operator.account(id, keeps, { iat: NOW - 5_000 }), 'ERR_PUSH_OLDER'],
      [subject, await operator.account(id, keeps, { iat: NOW + 5_000 }), 'ERR_PUSH_IN_FUTURE'],
      [subject, await operator.account(id, () => {}, { iat: NOW }), 'ERR_PUSH_REVOCATION_DROPPED'],
      [`$SYS.REQ.ACCOUNT.nobody.CLAIMS.UPDATE`, token, 'ERR_KEY_INVALID'],
    ];
    for (const [to, payload, code] of cases) {
      const [answer] = await ask(to, payload);
      expect(answer?.error?.description, code).toContain(`(${code})`);
      expect(answer?.error).toMatchObject({ code: 500 });
    }
    expect(await stored()).toBe(token);
    expect((await service.get(`/jwt/v1/accounts/${other}`)).status).toBe(404);
  });

  it('announces what was pushed to one link to the others, and never to itself', async () => {
    const { service, id, asking, stored } = await alone();
    const second = await startBroker({
      port: -1,
      operators: [service.operator.token],
      resolver: { url: `${service.url}/jwt/v1/accounts/` },
    });
    onTestFinished(() => second.close());
    const there = await linked(service, second);
    const heard: string[] = [];
    for (const [name, connection] of [
      ['first', asking],
      ['second', there],
    ] as const) {
      connection.subscribe('$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE', {
        callback: (_, { data }) => void heard.push(`${name} ${data.length}`),
      });
      await connection.flush();
    }
    const next = await service.operator.account(id, ({ nats }) => void nats.revocations.set(USER, NOW - 60), {
      iat: NOW,
    });
    await asking.request('$SYS.REQ.CLAIMS.UPDATE', next);
    await expect.poll(() => heard).toEqual([`second ${next.length}`]);
    expect(await stored()).toBe(next);
    await expect
      .poll(async () =>
        (await service.api('GET', `/accounts/${id}/announcements`)).json.items.map(
          ({ state }: { state: string }) => state,
        ),
      )
      .toEqual(['acked', 'acked']);
    expect(heard).toEqual([`second ${next.length}`]);
  });
});

describe('an account that signed itself, pushed over NATS', () => {
  it('is announced there as the operator signed it', async () => {
    const { service, asking, ask } = await alone({ resignSelfSigned: 'always' });
    const account = Seed.generate('account');
    const token = await service.operator.account(account.publicKey, () => {}, { by: seedSigner(account) });
    const heard: string[] = [];
    asking.subscribe(`$SYS.REQ.ACCOUNT.${account.publicKey}.CLAIMS.UPDATE`, {
      callback: (_, message) => void heard.push(message.string()),
    });
    expect(await ask('$SYS.REQ.CLAIMS.UPDATE', token)).toMatchObject([{ data: { code: 200 } }]);
    const { text } = await service.get(`/jwt/v1/accounts/${account.publicKey}`);
    expect(decodeAs('account', text).claims.iss).toBe(service.operator.signing.publicKey);
    await expect.poll(() => heard, { timeout: 5_000 }).toContain(text);
  });

  it('is refused there where an admin would have to approve it', async () => {
    const { service, ask } = await alone({ resignSelfSigned: 'approved' });
    const account = Seed.generate('account');
    const token = await service.operator.account(account.publicKey, () => {}, { by: seedSigner(account) });
    const [answer] = await ask('$SYS.REQ.CLAIMS.UPDATE', token);
    expect(answer?.error?.description).toContain('(ERR_ACCOUNT_UNTRUSTED)');
  });
});

describe('a request to delete over NATS', () => {
  const subject = '$SYS.REQ.CLAIMS.DELETE';

  it('is refused unless an operator key signed it over itself, lately, and it names accounts', async () => {
    const { service, id, stored, token, ask } = await alone();
    const { operator } = service;
    const sign = async (nats: object, by: Seed, o: { iat?: number; sub?: string; exp?: number } = {}) => {
      const claims = { ...newGeneric(o.sub ?? by.publicKey), ...(o.exp && { exp: o.exp }) };
      Object.assign(claims.nats, nats);
      return (await signClaims(claims, seedSigner(by), { now: o.iat ?? NOW })).token;
    };
    const stranger = Seed.generate('operator');
    const accounts = [id];
    const now = Math.floor(Date.now() / 1_000);
    const cases: [request: string, code: string][] = [
      ['', 'ERR_JWT_FORMAT'],
      [token, 'ERR_JWT_KIND'],
      [await sign({ accounts }, stranger), 'ERR_DELETION_UNTRUSTED'],
      [await sign({ accounts }, operator.signing, { sub: operator.identity.publicKey }), 'ERR_DELETION_UNTRUSTED'],
      [await sign({ accounts }, operator.signing, { iat: now - 400 }), 'ERR_DELETION_STALE'],
      [await sign({ accounts }, operator.signing, { iat: now + 400 }), 'ERR_DELETION_STALE'],
      [await sign({ accounts }, operator.signing, { exp: now - 1 }), 'ERR_DELETION_STALE'],
      [await sign({}, operator.signing), 'ERR_DELETION_INVALID'],
      [await sign({ accounts: id }, operator.signing), 'ERR_DELETION_INVALID'],
      [await sign({ accounts: [] }, operator.signing), 'ERR_DELETION_INVALID'],
      [await sign({ accounts: [id, 'x'] }, operator.signing), 'ERR_DELETION_INVALID'],
      [await sign({ accounts: [operator.system.publicKey] }, operator.signing), 'ERR_ACCOUNT_SYSTEM'],
    ];
    for (const [request, code] of cases) {
      const [answer] = await ask(subject, request);
      expect(answer?.error?.description, code).toContain(`(${code})`);
    }
    expect(await stored()).toBe(token);
  });

  it('deletes what nobody needs, counts what was not there, and keeps what is in use', async () => {
    const { service, id, ask, token } = await alone();
    const { operator } = service;
    const importer = Seed.generate('account').publicKey;
    await service.push(
      importer,
      await operator.account(importer, ({ nats }) => {
        nats.imports.push({ account: id, name: 'x', subject: 'x', type: 'stream' } as never);
      }),
    );
    const now = () => Math.floor(Date.now() / 1_000);
    const request = (accounts: string[]) => signDeletion(accounts, seedSigner(operator.signing), now());
    const [refused] = await ask(subject, await request([id]));
    expect(refused?.error?.description).toMatch(
      /deleted 0 accounts, failed for 1 - .*imports from it.*ERR_ACCOUNT_IN_USE/,
    );
    expect((await service.get(`/jwt/v1/accounts/${id}`)).text).toBe(token);
    const absent = Seed.generate('account').publicKey;
    expect(await ask(subject, await request([importer, absent]))).toMatchObject([
      { data: { code: 200, message: 'deleted 2 accounts' } },
    ]);
    expect((await service.get(`/jwt/v1/accounts/${importer}`)).status).toBe(404);
    expect(await ask(subject, await request([id]))).toMatchObject([{ data: { message: 'deleted 1 accounts' } }]);
    const [audited] = (await service.api('GET', '/audit?limit=1000')).json.items.filter(
      (entry: { action: string; entity: string }) => entry.action === 'account.delete' && entry.entity === id,
    );
    expect(audited).toMatchObject({
      actor: `signer:${operator.signing.publicKey}`,
      beforeJti: decodeAs('account', token).claims.jti,
    });
  });
});
