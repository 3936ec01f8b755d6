import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { diagnose } from '../../../cli/doctor/doctor.js';
import { testFolder } from './folder.js';
import { NOW, runService, type TestService } from './service.js';

type Step = {
  outcome: string;
  check: string;
  message: string;
  crosses?: string;
  token?: { key: string };
  code?: string;
};

/** `bank` offers a service to everyone and one to nobody else; `shop` imports both, and has a user. */
async function shopAndBank(service: TestService) {
  const make = async (name: string) => (await service.api('POST', '/accounts', { name })).json;
  const [bank, shop] = [await make('bank-of-secrets'), await make('shop')];
  const patch = (account: { publicKey: string }, nats: object) =>
    service.api('PATCH', `/accounts/${account.publicKey}`, { nats }, { 'if-match': '*' });
  const exported = { exports: [{ name: 'hidden', subject: 'bank.charge.>', type: 'service' }] };
  expect((await patch(bank, exported)).status).toBe(200);
  const imports = [
    { subject: 'bank.charge.now', type: 'service', account: bank.publicKey, local_subject: 'charge' },
    { subject: 'bank.vault', type: 'service', account: bank.publicKey, local_subject: 'vault' },
    { subject: 'x', type: 'service', account: Seed.generate('account').publicKey, local_subject: 'nowhere' },
  ];
  expect((await patch(shop, { imports })).status).toBe(200);
  const user = (
    await service.api('POST', `/accounts/${shop.publicKey}/users`, {
      name: 'till',
      permissions: { pub: { allow: ['charge', 'vault', 'nowhere'] } },
    })
  ).json;
  const token = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account: shop.publicKey })).json
    .token;
  return { bank, shop, user, mine: { authorization: `Bearer ${token}` } };
}

const query = (values: Record<string, string>) => new URLSearchParams(values).toString();

describe('GET /api/v1/explain', () => {
  it('says whether and why, across accounts; of one that the caller may not read only that it is another', async () => {
    const service = await runService();
    const { bank, shop, user, mine } = await shopAndBank(service);
    const ask = (subject: string, headers = {}, who: Record<string, string> = { user: user.publicKey }) =>
      service.api('GET', `/explain?${query({ ...who, action: 'request', subject })}`, undefined, headers);
    const route = (json: { steps: Step[] }) => json.steps.find(({ check }) => check === 'route.service');

    const whole = await ask('charge');
    expect(whole.json).toMatchObject({
      answer: 'yes',
      user: user.publicKey,
      userName: 'till',
      account: shop.publicKey,
    });
    expect(route(whole.json)).toMatchObject({ outcome: 'pass', crosses: bank.publicKey });
    expect(route(whole.json)?.message).toContain('bank-of-secrets');
    // By its name as well.
    expect((await ask('charge', {}, { user: 'till', account: shop.publicKey })).json).toEqual(whole.json);

    const reduced = await ask('charge', mine);
    expect(reduced.json.answer).toBe('yes');
    expect(route(reduced.json)?.message).toBe('an import from another account works');
    for (const hidden of ['bank-of-secrets', 'bank.charge', bank.publicKey]) {
      expect(reduced.text).not.toContain(hidden);
    }
    expect(route((await ask('vault')).json)).toMatchObject({ outcome: 'fail', code: 'ERR_IMPORT_NOT_EXPORTED' });
    expect((await ask('other', mine)).json).toMatchObject({ answer: 'no' });
    expect((await ask('nowhere', mine)).json.depends).toHaveLength(1);
  });

  it('tells nothing of users and accounts that the caller may not read', async () => {
    const service = await runService();
    const { bank, user } = await shopAndBank(service);
    const token = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account: bank.publicKey })).json
      .token;
    const stranger = Seed.generate('user').publicKey;
    for (const route of ['explain?action=pub&subject=a&', 'doctor?']) {
      const ask = (key: string) =>
        service.api('GET', `/${route}user=${key}`, undefined, { authorization: `Bearer ${token}` });
      const [theirs, nobodys] = [await ask(user.publicKey), await ask(stranger)];
      expect(theirs).toMatchObject({ status: 404, json: { code: 'ERR_USER_UNKNOWN' } });
      expect(theirs.text.replaceAll(user.publicKey, 'KEY')).toBe(nobodys.text.replaceAll(stranger, 'KEY'));
    }
    expect((await service.api('GET', `/explain?user=${stranger}`)).json).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    expect((await service.api('GET', '/doctor?user=x')).json).toMatchObject({ status: 400 });
  });
});

describe('/api/v1/doctor', () => {
  it("finds what is wrong with a user's JWT, with the CLI's checks", async () => {
    const service = await runService();
    const made = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const user = (await service.api('POST', `/accounts/${made.publicKey}/users`, { name: 'u' })).json;
    const good = await service.api('GET', `/doctor?user=${user.publicKey}`);
    expect(good.json).toMatchObject({ ok: true, user: user.publicKey, account: made.publicKey });
    await service.api('POST', `/accounts/${made.publicKey}/revocations`, { user: user.publicKey });
    const bad = await service.api('POST', '/doctor', { jwt: user.jwt });
    expect(bad.json.ok).toBe(false);

    // The CLI asks the same service by another way, and makes the same checks.
    const folder = await testFolder();
    const creds = path.join(folder, 'u.creds');
    await writeFile(creds, user.creds, { mode: 0o600 });
    const cli = await diagnose({ creds, storeRoot: folder, service: service.url, now: NOW + 1 });
    const steps = (examinations: { source: string; steps: Step[] }[], ...without: string[]) =>
      examinations
        .find(({ source }) => source === 'service')
        ?.steps.filter(({ check }) => !without.includes(check))
        .map(({ check, outcome, code }) => `${check} ${outcome} ${code}`);
    // The service has no seed to look at, and knows the user's newest JWT.
    expect(steps(bad.json.examinations, 'creds.current')).toEqual(steps(cli.examinations, 'service', 'user.nonce'));
    expect(steps(bad.json.examinations)).toContain('user.revoked fail ERR_USER_REVOKED');
  });

  it('takes a JWT alone, and knows no account that the caller may not read', async () => {
    const service = await runService();
    const made = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const other = (await service.api('POST', '/accounts', { name: 'other' })).json;
    const user = (await service.api('POST', `/accounts/${made.publicKey}/users`, { name: 'u' })).json;
    expect(await service.api('POST', '/doctor', { jwt: user.creds })).toMatchObject({ status: 400 });
    const forged = `${user.jwt.slice(0, -8)}AAAAAAAA`;
    expect((await service.api('POST', '/doctor', { jwt: forged })).json).toMatchObject({ ok: false, user: null });
    const grant = { name: 't', role: 'viewer', account: other.publicKey };
    const headers = { authorization: `Bearer ${(await service.api('POST', '/tokens', grant)).json.token}` };
    const stranger = Seed.generate('account');
    const { token } = await signClaims(newUser(user.publicKey, 'u'), seedSigner(stranger), { now: NOW });
    const ask = async (jwt: string, account: string) => {
      const { json } = await service.api('POST', '/doctor', { jwt }, headers);
      expect(json.ok).toBe(false);
      return JSON.stringify(json.examinations).replaceAll(account, 'KEY');
    };
    expect(await ask(user.jwt, made.publicKey)).toBe(await ask(token, stranger.publicKey));
  });
});
