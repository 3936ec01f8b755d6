import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { verifyAccount } from '../../../claims/trust/account.js';
import { trustOperators } from '../../../claims/trust/operators.js';
import { verifyUser } from '../../../claims/trust/user.js';
import { startTransit } from '../../transit-server.js';
import { NOW, runService } from './service.js';
import { tenant } from './tenant.js';

const refusal = (status: number, code: string) => ({ status, json: { code } });

async function withAccount() {
  const service = await runService();
  const { publicKey: id } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
  const at = `/accounts/${id}/signing-keys`;
  const keys = async () => (await service.api('GET', at)).json.items;
  const version = async () => ({ 'if-match': (await service.api('GET', at)).headers.get('etag') ?? '' });
  const connects = async (user: string) => {
    const jwt = (await service.api('GET', `/accounts/${id}`)).json.jwt;
    const account = verifyAccount(jwt, trustOperators([service.operator.claims]), { now: NOW + 60 });
    return verifyUser((await service.api('GET', `/users/${user}`)).json.jwt, account, { now: NOW + 60 });
  };
  return { service, id, at, keys, version, connects };
}

describe('signing keys of an account', () => {
  it('sign for that account alone, whatever keys another one names, and only its operator names keys in Transit', async () => {
    const transit = await startTransit();
    transit.addKey('operator', 'ed25519');
    const service = await runService({ vault: { address: transit.url, token: transit.token } });
    const victim = await tenant(service, 'victim');
    const [theirs] = (await victim.api('GET', '/signing-keys')).json.items;
    const guest = await tenant(service, 'guest');
    const [own] = (await guest.api('GET', '/signing-keys')).json.items;
    expect((await guest.api('POST', '/signing-keys', { publicKey: theirs.publicKey })).json).toMatchObject({
      held: null,
    });
    const remoteKey = { provider: 'transit', mount: 'transit', name: 'operator', version: 1 };
    const asked = transit.requests.length;
    const ifMatch = { 'if-match': (await guest.api('GET', '/signing-keys')).headers.get('etag') ?? '' };
    for (const at of ['/signing-keys', `/signing-keys/${own.publicKey}/rotate`]) {
      expect(await guest.api('POST', at, { remoteKey }, ifMatch)).toMatchObject(refusal(403, 'ERR_AUTH_FORBIDDEN'));
    }
    expect(transit.requests).toHaveLength(asked);
    for (const { publicKey } of (await service.api('GET', `/accounts/${guest.key}/keys`)).json.items) {
      expect(await service.api('DELETE', `/accounts/${guest.key}/keys/${publicKey}`)).toMatchObject({ status: 200 });
    }
    const user = { name: 'till', publicKey: Seed.generate('user').publicKey };
    expect(await guest.api('POST', '/users', user)).toMatchObject(refusal(409, 'ERR_SIGN_ELSEWHERE'));
    expect(await victim.api('POST', '/users', user)).toMatchObject({ status: 201 });
  });

  it('are made, listed, given a role and changed', async () => {
    const { service, at, keys, version } = await withAccount();
    const [first] = await keys();
    expect(first).toEqual({ publicKey: expect.stringMatching(/^A/), held: 'local' });
    const template = { pub: { allow: ['orders.>'] }, subs: 10 };
    const made = await service.api('POST', at, { role: 'till', template });
    expect(made).toMatchObject({
      status: 201,
      json: { role: 'till', held: 'local', template: { ...template, payload: -1 } },
    });
    const one = `${at}/${made.json.publicKey}`;
    const elsewhere = Seed.generate('account').publicKey;
    expect(await service.api('POST', at, { publicKey: elsewhere })).toMatchObject({
      status: 201,
      json: { held: null },
    });
    expect(await service.api('POST', at, { publicKey: elsewhere })).toMatchObject(
      refusal(409, 'ERR_SIGNING_KEY_EXISTS'),
    );
    expect(await service.api('POST', at, { template })).toMatchObject(refusal(400, 'ERR_REQUEST_INVALID'));
    expect(await service.api('POST', at, { role: 'x', template: { admin: true } })).toMatchObject(
      refusal(400, 'ERR_JWT_CLAIMS'),
    );
    expect((await service.api('POST', `${at}?dryRun=true`, { role: 'y' })).json.dryRun).toBe(true);
    expect(await keys()).toHaveLength(3);

    expect(await service.api('PATCH', one, { template: { subs: 3 } })).toMatchObject(
      refusal(428, 'ERR_PRECONDITION_REQUIRED'),
    );
    const changed = await service.api('PATCH', one, { description: 'tills', template: { subs: 3 } }, await version());
    expect(changed).toMatchObject({
      status: 200,
      json: { role: 'till', description: 'tills', template: { pub: { allow: ['orders.>'] }, subs: 3 } },
    });
    expect(await service.api('PATCH', `${at}/${elsewhere}`, { role: 'r' }, await version())).toMatchObject(
      refusal(400, 'ERR_REQUEST_INVALID'),
    );
    const unknown = `${at}/${Seed.generate('account').publicKey}`;
    expect(await service.api('PATCH', unknown, {}, await version())).toMatchObject(
      refusal(404, 'ERR_SIGNING_KEY_UNKNOWN'),
    );
  });

  it('go with their users only where that is meant', async () => {
    const { service, id, at, keys, version, connects } = await withAccount();
    const [{ publicKey }] = await keys();
    const { publicKey: user } = (await service.api('POST', `/accounts/${id}/users`, { name: 'till' })).json;
    await connects(user);
    const one = `${at}/${publicKey}`;
    const refused = await service.api('DELETE', one, undefined, await version());
    expect(refused).toMatchObject(refusal(409, 'ERR_SIGNING_KEY_IN_USE'));
    expect(refused.json.errors).toEqual([{ pointer: `/users/${user}`, message: 'user till would lose access' }]);
    expect(await service.api('DELETE', `${one}?force=true`, undefined, await version())).toMatchObject({
      status: 200,
      json: { publicKey, lost: [{ publicKey: user, name: 'till' }] },
    });
    await expect(connects(user)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_USER/) });
    expect(await keys()).toEqual([]);
    expect((await service.api('GET', `/accounts/${id}/keys`)).json.items).toMatchObject([{ kind: 'identity' }]);
  });

  it('are replaced by others of the same role, and their users issued anew', async () => {
    const { service, id, at, keys, version, connects } = await withAccount();
    const [{ publicKey: old }] = await keys();
    const { publicKey: user } = (
      await service.api('POST', `/accounts/${id}/users`, { name: 'till', expires: NOW + 900 })
    ).json;
    const elsewhere = { publicKey: Seed.generate('account').publicKey };
    expect(await service.api('POST', `${at}/${old}/rotate`, elsewhere, await version())).toMatchObject(
      refusal(409, 'ERR_SIGNING_KEY_IN_USE'),
    );
    const rotated = await service.api('POST', `${at}/${old}/rotate`, {}, await version());
    expect(rotated).toMatchObject({
      status: 200,
      json: { replaced: old, held: 'local', reissued: [{ publicKey: user, name: 'till' }], lost: [] },
    });
    const { claims } = await connects(user);
    expect(claims).toMatchObject({ iss: rotated.json.publicKey, name: 'till', exp: NOW + 900 });
    expect((await service.api('GET', `/users/${user}`)).headers.get('etag')).toBe('"v2"');
    const held = (await service.api('GET', `/accounts/${id}/keys`)).json.items;
    expect(held.map(({ publicKey }: { publicKey: string }) => publicKey)).not.toContain(old);

    const role = (await service.api('POST', at, { role: 'r', template: { subs: 1 } })).json.publicKey;
    const next = await service.api('POST', `${at}/${role}/rotate`, elsewhere, await version());
    expect(next).toMatchObject({ status: 200, json: { ...elsewhere, role: 'r', template: { subs: 1 }, held: null } });
  });
});

describe('signing keys of an operator', () => {
  it('are added and kept where its identity key is held', async () => {
    const service = await runService();
    const { claims, identity } = service.operator;
    const at = `/operators/${claims.sub}`;
    expect((await service.api('POST', `${at}/keys`, { seed: identity.reveal() })).json.kind).toBe('identity');
    const made = await service.api('POST', `${at}/signing-keys`, {});
    expect(made).toMatchObject({ status: 201, json: { held: 'local' } });
    const { publicKey } = made.json;
    expect(await service.api('POST', `${at}/signing-keys`, { publicKey })).toMatchObject(
      refusal(409, 'ERR_SIGNING_KEY_EXISTS'),
    );
    expect(await service.api('GET', at)).toMatchObject({
      json: { version: 2, keysInCustody: expect.arrayContaining([publicKey]) },
    });
  });
});
