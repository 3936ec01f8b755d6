import { expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { NO_LIMIT, noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { NOW, runService, type TestService } from './service.js';

const stored = async (service: TestService, id: string) =>
  decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims;

it('a self-signed account is refused by default', async () => {
  const service = await runService();
  const account = Seed.generate('account');
  const token = await service.operator.account(account.publicKey, () => {}, { by: seedSigner(account) });
  const refused = await service.push(account.publicKey, token);
  expect(refused).toMatchObject({ status: 403, json: { code: 'ERR_ACCOUNT_UNTRUSTED' } });
});

it('a self-signed account is signed by the operator, with the limits the operator gives', async () => {
  const service = await runService({ resignSelfSigned: 'always' });
  const account = Seed.generate('account');
  const [id, by] = [account.publicKey, seedSigner(account)];
  const user = Seed.generate('user').publicKey;
  const token = await service.operator.account(
    id,
    ({ nats }) => {
      nats.description = 'mine';
      nats.revocations.set(user, NOW - 60);
      nats.limits.disk_storage = NO_LIMIT;
    },
    { by },
  );
  expect(await service.push(id, token)).toMatchObject({ status: 200, text: 'jwt created\n' });
  const first = await stored(service, id);
  expect(first).toMatchObject({ sub: id, iss: service.operator.signing.publicKey, nats: { description: 'mine' } });
  expect([...first.nats.revocations.keys()]).toEqual([user]);
  expect(first.nats.limits.disk_storage).toBe(0);

  expect(await service.push(id, token)).toMatchObject({ status: 200, text: 'jwt unchanged\n' });
  expect(await stored(service, id)).toEqual(first);

  const given = await service.operator.account(
    id,
    ({ nats }) => {
      nats.revocations.set(user, NOW - 60);
      nats.limits.conn = 7;
    },
    { iat: first.iat + 1 },
  );
  expect(await service.push(id, given)).toMatchObject({ status: 200 });
  const next = await service.operator.account(
    id,
    ({ nats }) => {
      nats.revocations.set(user, NOW - 60);
      nats.description = 'changed';
    },
    { by, iat: first.iat + 2 },
  );
  expect(await service.push(id, next)).toMatchObject({ status: 200 });
  const second = await stored(service, id);
  expect(second).toMatchObject({ iss: service.operator.signing.publicKey, nats: { description: 'changed' } });
  expect(second.nats.limits.conn).toBe(7);
  expect(second.iat).toBeGreaterThan(first.iat);

  const without = await service.operator.account(id, () => {}, { by, iat: second.iat + 1 });
  const refused = await service.push(id, without);
  expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_PUSH_REVOCATION_DROPPED' } });
  const { json } = await service.api('GET', '/audit?limit=1000');
  expect(json.items.at(-1)).toMatchObject({ actor: `signer:${id}`, detail: { signedBy: id } });
});

it('only a key that the stored JWT and the new one accept may have an account signed again', async () => {
  const service = await runService({ resignSelfSigned: 'always' });
  const [account, known, fresh, scoped] = Array.from({ length: 4 }, () => Seed.generate('account')) as [
    Seed,
    Seed,
    Seed,
    Seed,
  ];
  const id = account.publicKey;
  const role = {
    kind: 'user_scope' as const,
    key: scoped.publicKey,
    role: 'r',
    description: '',
    template: noLimits(),
  };
  const sign = (keys: Seed[], by: Seed, iat: number) =>
    service.operator.account(
      id,
      ({ nats }) => {
        for (const { publicKey } of keys)
          nats.signing_keys.set(publicKey, publicKey === scoped.publicKey ? role : null);
      },
      { by: seedSigner(by), iat },
    );
  const untrusted = { status: 403, json: { code: 'ERR_ACCOUNT_UNTRUSTED' } };
  expect(await service.push(id, await sign([known], known, NOW - 50)), 'new, by another key').toMatchObject(untrusted);
  expect(await service.push(id, await sign([known, scoped], account, NOW - 40))).toMatchObject({ status: 200 });
  const { iat } = await stored(service, id);
  expect(await service.push(id, await sign([known, fresh], fresh, iat + 1)), 'not known before').toMatchObject(
    untrusted,
  );
  expect(await service.push(id, await sign([], known, iat + 1)), 'takes itself out').toMatchObject(untrusted);
  expect(await service.push(id, await sign([known, scoped], scoped, iat + 1)), 'a role').toMatchObject(untrusted);
  expect(await service.push(id, await sign([known, fresh], known, iat + 1))).toMatchObject({ status: 200 });
  expect([...(await stored(service, id)).nats.signing_keys.keys()]).toContain(fresh.publicKey);
});

it('without the key of the operator there is nothing to sign with', async () => {
  const service = await runService({ resignSelfSigned: 'always', custody: false });
  const account = Seed.generate('account');
  const token = await service.operator.account(account.publicKey, () => {}, { by: seedSigner(account) });
  const refused = await service.push(account.publicKey, token);
  expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_SIGN_ELSEWHERE' } });
});
