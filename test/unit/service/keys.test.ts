import { describe, expect, it } from 'vitest';
import { open } from '../../../claims/keys/curve.js';
import { Seed } from '../../../claims/keys/seed.js';
import { startTransit } from '../../transit-server.js';
import { databaseBytes } from './database.js';
import { makeOperator, runService, type TestService } from './service.js';

const reference = (name: string, version = 1) => ({ provider: 'transit', mount: 'transit', name, version });
const refusal = (status: number, code: string) => ({ status, json: { code } });
const audited = async (service: TestService, action: string) =>
  (await service.api('GET', '/audit?limit=1000')).json.items.filter(
    (entry: { action: string }) => entry.action === action,
  );

describe('the custody of an operator', () => {
  it('is what the service is run with where its adoption does not say, and stays with what it is run with later', async () => {
    const service = await runService({ defaultCustody: 'none' });
    const { operator, dataDir } = service;
    const read = async (from: TestService, id: string) => (await from.api('GET', `/operators/${id}`)).json;
    // The start offered a key.
    expect(await read(service, operator.claims.sub)).toMatchObject({ custody: 'none', keysInCustody: [] });
    const [beside, open] = [await makeOperator({ name: 'beside' }), await makeOperator({ name: 'open' })];
    const given = { jwt: beside.token, signingKey: beside.signing.reveal() };
    expect(await service.api('POST', '/operators', given)).toMatchObject(refusal(409, 'ERR_CUSTODY_MODE'));
    expect((await service.api('POST', '/operators', { jwt: beside.token })).json).toMatchObject({ custody: 'none' });
    const asked = { jwt: open.token, custody: 'accounts' };
    expect((await service.api('POST', '/operators', asked)).json).toMatchObject({ custody: 'accounts' });
    await service.close();
    const again = await runService({ dataDir, operator, defaultCustody: 'accounts' });
    expect(await read(again, operator.claims.sub)).toMatchObject({ custody: 'none', keysInCustody: [] });
  });

  it('is chosen at adoption, and holds from then on', async () => {
    const service = await runService();
    const none = await makeOperator({ name: 'none' });
    const adopt = (body: object) => service.api('POST', '/operators', { jwt: none.token, ...body });
    expect(await adopt({ custody: 'none', signingKey: none.signing.reveal() })).toMatchObject(
      refusal(409, 'ERR_CUSTODY_MODE'),
    );
    expect(await adopt({ custody: 'none' })).toMatchObject({ status: 201, json: { custody: 'none', version: 1 } });
    expect(await adopt({ custody: 'accounts' })).toMatchObject(refusal(409, 'ERR_CUSTODY_MODE'));
    const at = `/operators/${none.claims.sub}`;
    expect(await service.api('POST', `${at}/keys`, { seed: none.signing.reveal() })).toMatchObject(
      refusal(409, 'ERR_CUSTODY_MODE'),
    );
    expect(await service.api('PATCH', at, { custody: 'operator-signing-key' })).toMatchObject(
      refusal(428, 'ERR_PRECONDITION_REQUIRED'),
    );
    const etag = (await service.api('GET', at)).headers.get('etag') ?? '';
    const changed = await service.api('PATCH', at, { custody: 'operator-signing-key' }, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, json: { custody: 'operator-signing-key', version: 2 } });
    expect((await service.api('POST', `${at}/keys`, { seed: none.signing.reveal() })).status).toBe(201);

    const named = { operator: none.claims.sub, name: 'orders' };
    expect(await service.api('POST', '/accounts', named)).toMatchObject(refusal(409, 'ERR_CUSTODY_MODE'));
    const identity = Seed.generate('account');
    const made = await service.api('POST', '/accounts', { ...named, publicKey: identity.publicKey });
    expect(made.status).toBe(201);
    const keys = `/accounts/${identity.publicKey}/keys`;
    expect(await service.api('POST', keys, { seed: identity.reveal() })).toMatchObject(
      refusal(409, 'ERR_CUSTODY_MODE'),
    );
    const user = { name: 'u', publicKey: Seed.generate('user').publicKey };
    expect(await service.api('POST', `/accounts/${identity.publicKey}/users`, user)).toMatchObject(
      refusal(409, 'ERR_SIGN_ELSEWHERE'),
    );
  });

  it('lets keys go only where that is asked for, and no start brings them back', async () => {
    const service = await runService();
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const at = `/operators/${service.operator.claims.sub}`;
    const to = (body: object, query = '') => service.api('PATCH', at + query, body, { 'if-match': '"v1"' });
    const refused = await to({ custody: 'none' });
    expect(refused).toMatchObject(refusal(409, 'ERR_CUSTODY_MODE'));
    expect(refused.json.errors).toHaveLength(3);
    expect((await to({ custody: 'none', removeKeys: true }, '?dryRun=true')).json).toMatchObject({ dryRun: true });
    expect((await service.api('GET', `/accounts/${account}/keys`)).json.items).toHaveLength(2);
    expect(await to({ custody: 'none', removeKeys: true })).toMatchObject({ status: 200, json: { keysInCustody: [] } });
    expect((await service.api('GET', `/accounts/${account}/keys`)).json.items).toEqual([]);
    expect((await audited(service, 'operator.update'))[0].detail).toMatchObject({
      custody: { before: 'accounts', after: 'none' },
      removed: expect.arrayContaining([service.operator.signing.publicKey]),
    });
    await service.adoptOperator({ operatorToken: service.operator.token, signingSeed: service.operator.signing });
    expect((await service.api('GET', `${at}/keys`)).json.items).toEqual([]);
  });
});

describe('keys over REST', () => {
  it('are kept where the JWT names them, listed without a secret, and let go', async () => {
    const service = await runService({ custody: false });
    const { operator } = service;
    const at = `/operators/${operator.claims.sub}/keys`;
    const seed = operator.signing.reveal();
    const foreign = Seed.generate('operator');
    expect(await service.api('POST', at, { seed: foreign.reveal() })).toMatchObject(
      refusal(400, 'ERR_OPERATOR_KEY_FOREIGN'),
    );
    expect(await service.api('POST', at, { seed: `${seed.slice(0, -1)}!` })).toMatchObject(
      refusal(400, 'ERR_SEED_INVALID'),
    );
    expect(await service.api('POST', at, {})).toMatchObject(refusal(400, 'ERR_REQUEST_INVALID'));
    const kept = await service.api('POST', at, { seed });
    expect(kept).toMatchObject({
      status: 201,
      json: { publicKey: operator.signing.publicKey, kind: 'signing', held: 'local' },
    });
    expect((await service.api('POST', at, { seed })).status, 'again').toBe(201);

    const identity = Seed.generate('account');
    const made = await service.api('POST', '/accounts', { name: 'mine', publicKey: identity.publicKey });
    expect(made.status).toBe(201);
    const keys = `/accounts/${identity.publicKey}/keys`;
    const other = Seed.generate('account');
    expect(await service.api('POST', keys, { seed: other.reveal() })).toMatchObject(refusal(400, 'ERR_KEY_FOREIGN'));
    expect(await service.api('POST', keys, { seed })).toMatchObject(refusal(400, 'ERR_KEY_KIND'));
    expect(await service.api('POST', keys, { seed: identity.reveal() })).toMatchObject({
      status: 201,
      json: { kind: 'identity', held: 'local' },
    });
    expect((await service.api('POST', `/accounts/${identity.publicKey}/users`, { name: 'u' })).status).toBe(201);
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', account: identity.publicKey }))
      .json;
    const ofAccount = { authorization: `Bearer ${token}` };
    const one = `${keys}/${identity.publicKey}`;
    expect(await service.api('POST', keys, { seed: identity.reveal() }, ofAccount)).toMatchObject(
      refusal(403, 'ERR_AUTH_FORBIDDEN'),
    );
    expect(await service.api('DELETE', one, undefined, ofAccount)).toMatchObject(refusal(403, 'ERR_AUTH_FORBIDDEN'));
    expect((await service.api('DELETE', one)).status).toBe(200);
    expect(await service.api('DELETE', one)).toMatchObject(refusal(404, 'ERR_KEY_UNKNOWN'));
    const everything = await service.api('GET', '/audit?limit=1000');
    for (const secret of [seed, identity.reveal(), foreign.reveal()]) expect(everything.text).not.toContain(secret);
    expect((await databaseBytes(service.dataDir)).includes(identity.reveal())).toBe(false);
    expect(await audited(service, 'key.remove')).toMatchObject([
      { entity: identity.publicKey, detail: { kind: 'account' } },
    ]);
  });

  it('of accounts may be in Transit, from the start or later', async () => {
    const transit = await startTransit();
    for (const name of ['identity', 'signing', 'op']) transit.addKey(name, 'ed25519');
    const service = await runService({ vault: { address: transit.url, token: transit.token }, allowKeyExport: true });
    const remoteKey = { identity: reference('identity'), signing: reference('signing') };
    const made = await service.api('POST', '/accounts', { name: 'orders', remoteKey });
    expect(made.status).toBe(201);
    const { publicKey: id, claims } = made.json;
    const [signing] = claims.nats.signing_keys;
    const { items } = (await service.api('GET', `/accounts/${id}/keys`)).json;
    expect(items).toHaveLength(2);
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ publicKey: id, kind: 'identity', held: 'transit' }),
        expect.objectContaining({ publicKey: signing, kind: 'signing', held: 'transit' }),
      ]),
    );
    expect((await service.api('POST', `/accounts/${id}/users`, { name: 'u' })).status).toBe(201);
    expect(transit.requests).toContain('POST /v1/transit/sign/signing');
    const recipient = Seed.generate('curve').publicKey;
    expect(await service.api('POST', `/accounts/${id}/keys/${id}/export`, { recipient })).toMatchObject(
      refusal(409, 'ERR_KEY_REMOTE'),
    );
    expect((await service.api('DELETE', `/accounts/${id}/keys/${id}`)).status).toBe(200);
    expect(await service.api('POST', `/accounts/${id}/keys`, { remoteKey: reference('identity') })).toMatchObject({
      status: 201,
      json: { publicKey: id, held: 'transit' },
    });
    expect(await service.api('POST', `/accounts/${id}/keys`, { remoteKey: reference('op') })).toMatchObject(
      refusal(400, 'ERR_KEY_FOREIGN'),
    );
    const both = { name: 'x', publicKey: id, remoteKey: { identity: reference('op') } };
    expect(await service.api('POST', '/accounts', both)).toMatchObject(refusal(400, 'ERR_REQUEST_INVALID'));
    const twice = { name: 'x', remoteKey: { identity: reference('op'), signing: reference('op') } };
    expect(await service.api('POST', '/accounts', twice)).toMatchObject(refusal(400, 'ERR_REMOTE_KEY'));
    transit.lie = () => ({ status: 503 });
    expect((await service.api('POST', '/accounts', { name: 'y', remoteKey })).status).toBe(503);
  });
});

describe('the export of a key', () => {
  it('is off unless whoever runs the service lets it be', async () => {
    const service = await runService();
    const { claims, signing } = service.operator;
    const recipient = Seed.generate('curve').publicKey;
    const asked = await service.api('POST', `/operators/${claims.sub}/keys/${signing.publicKey}/export`, { recipient });
    expect(asked).toMatchObject(refusal(403, 'ERR_KEY_EXPORT_OFF'));
  });

  it('is sealed to one recipient, for an admin of the operator, and audited', async () => {
    const service = await runService({ allowKeyExport: true });
    const { claims, signing } = service.operator;
    const mine = Seed.generate('curve');
    const recipient = mine.publicKey;
    const { publicKey: id } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const at = `/operators/${claims.sub}/keys/${signing.publicKey}/export`;
    const { json, text } = await service.api('POST', at, { recipient });
    expect(Buffer.from(open(mine, json.sender, Buffer.from(json.sealed, 'base64'))).toString()).toBe(signing.reveal());
    expect(text).not.toContain(signing.reveal());
    const ofAccount = `/accounts/${id}/keys/${id}/export`;
    const account = (await service.api('POST', ofAccount, { recipient })).json;
    const seed = Seed.parse(open(mine, account.sender, Buffer.from(account.sealed, 'base64')));
    expect(seed.publicKey).toBe(id);
    expect(await audited(service, 'key.export')).toMatchObject([
      { entity: signing.publicKey, operator: claims.sub, detail: { recipient } },
      { entity: id, account: id, detail: { recipient, kind: 'account', held: 'local' } },
    ]);
    expect((await service.api('POST', `${at}?dryRun=true`, { recipient })).text).not.toContain('sealed');

    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', account: id })).json;
    const headers = { authorization: `Bearer ${token}` };
    expect(await service.api('POST', ofAccount, { recipient }, headers)).toMatchObject(
      refusal(403, 'ERR_AUTH_FORBIDDEN'),
    );
    expect(await service.api('POST', ofAccount, {})).toMatchObject(refusal(400, 'ERR_REQUEST_INVALID'));
    expect(await service.api('POST', ofAccount, { recipient: id })).toMatchObject(refusal(400, 'ERR_KEY_KIND'));
    const foreign = `/accounts/${id}/keys/${service.operator.system.publicKey}/export`;
    expect(await service.api('POST', foreign, { recipient })).toMatchObject(refusal(404, 'ERR_KEY_UNKNOWN'));
  });
});
