import { describe, expect, it } from 'vitest';
import { decodeAs, HEADER } from '../../claims/jwt/decode.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { NOW, runService, type TestService } from '../unit/service/service.js';

const newUser = () => Seed.generate('user').publicKey;
const claimsOf = async (service: TestService, id: string) =>
  decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims;

describe('a user revoked for a reason of its own', () => {
  it('stays revoked when a revocation of everyone comes over it and is taken back', async () => {
    const service = await runService();
    const id = Seed.generate('account').publicKey;
    const [pushed, added, restored, later] = [newUser(), newUser(), newUser(), newUser()];
    const token = await service.operator.account(id, ({ nats }) => void nats.revocations.set(pushed, NOW - 60));
    expect((await service.push(id, token)).status).toBe(201);
    const revoke = (user: string) => service.api('POST', `/accounts/${id}/revocations`, { user });
    const takeBack = (user: string) => service.api('DELETE', `/accounts/${id}/revocations/${user}`);
    for (const user of [added, restored]) await revoke(user);
    await takeBack(restored);
    await revoke('*');
    expect([...(await claimsOf(service, id)).nats.revocations.keys()]).toEqual(['*']);
    await revoke(later);
    expect((await takeBack('*')).status).toBe(200);
    expect([...(await claimsOf(service, id)).nats.revocations.keys()].sort()).toEqual([pushed, added, later].sort());
  });

  it('is given no new JWT meanwhile', async () => {
    const service = await runService();
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const user = newUser();
    for (const one of [user, '*']) {
      await service.api('POST', `/accounts/${account}/revocations`, { user: one, at: NOW - 1 });
    }
    const again = await service.api('POST', `/accounts/${account}/users`, { name: 'back', publicKey: user });
    expect(again).toMatchObject({ status: 409, json: { code: 'ERR_USER_REVOKED' } });
    expect((await service.api('POST', `/accounts/${account}/users`, { name: 'new' })).status).toBe(201);
  });
});

describe('a validly signed JWT that means one thing here and another to nats-server', () => {
  it('brings nobody back', async () => {
    const service = await runService();
    const id = Seed.generate('account').publicKey;
    const user = newUser();
    const revoked = (at: number) =>
      service.operator.account(id, ({ nats }) => void nats.revocations.set(user, NOW - 60), { iat: at });
    await service.push(id, await revoked(NOW - 50));
    const [, payload] = (await revoked(NOW)).split('.') as [string, string];
    const json = Buffer.from(payload, 'base64url').toString();
    const entry = `"revocations":{"${user}":${NOW - 60}}`;
    expect(json).toContain(entry);
    const signed = async (text: string) => {
      const body = `${HEADER}.${Buffer.from(text).toString('base64url')}`;
      const signature = await seedSigner(service.operator.signing).sign(Buffer.from(body));
      return `${body}.${Buffer.from(signature).toString('base64url')}`;
    };
    const instead = (text: string) => json.replace(entry, text);
    const tricks = [
      `${entry},"revocations":{}`,
      `${entry},"REVOCATIONS":null`,
      `${entry},"revocation\u017f":null`,
      `${entry},"\\u0072evocations":null`,
      `"revocations":{"${user}":${NOW},"${user}":1}`,
      `"revocations":{"${user.toLowerCase()}":${NOW}}`,
      `"revocations":{"${user} ":${NOW}}`,
      `"revocations":{"${user}":-1}`,
      `"revocations":{"${user}":1e10}`,
      `"revocations":{"${user}":18446744073709551615}`,
      `"revocations":{"*":${NOW - 61}}`,
      `"revocations":null`,
      `"revocations":[]`,
    ].map(instead);
    tricks.push(json.replace(/}$/, ',"nats":{}}'), json.replace(/}$/, ',"Nats":{"revocations":null}}'), `${json}{}`);
    for (const trick of tricks) {
      for (const headers of [{}, { 'if-match': '*' }] as Record<string, string>[]) {
        const { status } = await service.push(id, await signed(trick), headers);
        expect([400, 409], trick).toContain(status);
        expect((await claimsOf(service, id)).nats.revocations.get(user), trick).toBe(NOW - 60);
      }
    }
  });
});

describe('revocations among pushes', () => {
  it('are never lost, and the audit tells each step from one jti to the next', async () => {
    const service = await runService();
    const id = Seed.generate('account').publicKey;
    await service.push(id, await service.operator.account(id));
    const users: string[] = [];
    for (let round = 0; round < 40; round++) {
      const before = await claimsOf(service, id);
      const version = (text: string, ahead: number) =>
        service.operator.account(
          id,
          ({ nats }) => {
            nats.revocations = new Map(before.nats.revocations);
            nats.description = `${text} ${round}`;
          },
          { iat: before.iat + ahead },
        );
      const [a, b] = await Promise.all([version('a', 1), version('b', 3)]);
      const user = newUser();
      users.push(user);
      const all = [
        () => service.push(id, a, { 'if-match': `"${before.jti}"` }),
        () => service.api('POST', `/accounts/${id}/revocations`, { user }),
        () => service.push(id, b),
        () => service.push(id, b, { 'if-match': '*' }),
      ];
      await Promise.all([...all.slice(round % 4), ...all.slice(0, round % 4)].map((one) => one()));
      expect([...(await claimsOf(service, id)).nats.revocations.keys()].sort()).toEqual([...users].sort());
    }
    const { json } = await service.api('GET', '/audit?limit=1000');
    const steps = json.items.filter(({ entity }: { entity: string }) => entity === id);
    const { version, jti } = (await service.api('GET', `/accounts/${id}`)).json;
    expect(steps).toHaveLength(version);
    const links = steps.map(({ beforeJti }: { beforeJti: string | null }) => beforeJti);
    expect(links).toEqual([null, ...steps.slice(0, -1).map(({ afterJti }: { afterJti: string }) => afterJti)]);
    expect(steps.at(-1).afterJti).toBe(jti);
  });
});
