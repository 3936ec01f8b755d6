import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { payloadJson, signClaims } from '../../../claims/jwt/encode.js';
import { newAccount, newActivation, newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { createAccount } from '../../../cli/account/create.js';
import { type AboutToSign, signElsewhere } from '../../../cli/sign/sign.js';
import { readSignRequest, type SignRequest } from '../../../cli/sign/sign-request.js';
import { keyFile, readSeed } from '../../../cli/store/keystore.js';
import { findAccountByKey, readOperator } from '../../../cli/store/store.js';
import { NOW, tempDir } from './temp.js';
import { tempWorkspace } from './temp-workspace.js';

it('what a service says was there before counts where the operator signed it, and is shown before anything is signed', async () => {
  const workspace = await tempWorkspace();
  const operator = (await readOperator(workspace.store)).claims;
  const { publicKey } = Seed.generate('account');
  const claims = newAccount(publicKey, 'shop');
  claims.nats.signing_keys.set(Seed.generate('account').publicKey, null);
  const forged = await signClaims(claims, seedSigner(Seed.generate('operator')), { now: NOW });
  const server = createServer((_request, response) => response.end(forged.token)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { iss: _iss, iat: _iat, jti: _jti, ...asked } = JSON.parse(payloadJson('account', forged.claims));
  const request = readSignRequest(
    JSON.stringify({
      kind: 'account',
      claims: asked,
      signers: operator.nats.signing_keys,
      notIssuedBefore: NOW,
      send: { method: 'POST', url: `/jwt/v1/accounts/${publicKey}`, headers: { 'if-match': '"ABC"' } },
    }),
    NOW,
  );
  const push = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessToken: null,
    timeoutMs: 5_000,
  };
  const shown: string[] = [];
  const { differences } = await signElsewhere(workspace, request, {
    force: false,
    operatorClaims: false,
    dryRun: true,
    push,
    show: (about) => shown.push(...about.differences.map(({ path }) => path)),
  });
  expect(differences).toMatchObject([{ path: '', after: { nats: { signing_keys: expect.any(Array) } } }]);
  expect(shown).toEqual(['']);
});

it('signs for the system account only where that is said, and no name that is none', async () => {
  const workspace = await tempWorkspace();
  const operator = (await readOperator(workspace.store)).claims;
  const system = newAccount(operator.nats.system_account ?? '', 'SYS');
  const user = newUser(Seed.generate('user').publicKey, 'till', { issuerAccount: system.sub });
  const bell = newAccount(Seed.generate('account').publicKey, 'bell\u0007');
  const refusalOf = async (kind: 'account' | 'user', claims: typeof system | typeof user, signers: string[]) => {
    const request = { kind, claims, signers, notIssuedBefore: NOW, send: null, rest: [] };
    const options = { force: false, operatorClaims: false, dryRun: true, push: null };
    return signElsewhere(workspace, request as SignRequest, options).then(
      () => null,
      ({ code }) => code,
    );
  };
  expect(await refusalOf('account', system, operator.nats.signing_keys)).toBe('ERR_SIGN_OPERATOR');
  expect(await refusalOf('user', user, [system.sub])).toBe('ERR_SIGN_OPERATOR');
  expect(await refusalOf('account', bell, operator.nats.signing_keys)).toBe('ERR_NAME_INVALID');
});

it('signs by the key that --private-key names, and by none that the store does not know', async () => {
  const workspace = await tempWorkspace();
  const operator = (await readOperator(workspace.store)).claims;
  const [signing = ''] = operator.nats.signing_keys;
  const { iss: _iss, iat: _iat, jti: _jti, ...asked } = newAccount(Seed.generate('account').publicKey, 'shop');
  const both = { kind: 'account', claims: asked, signers: [signing, operator.sub], notIssuedBefore: NOW };
  const request = { ...both, send: null, rest: [] } as unknown as SignRequest;
  const byKey = (key: string | undefined, dryRun = true) =>
    signElsewhere(workspace, request, { key, force: false, operatorClaims: false, dryRun, push: null });
  expect((await byKey(undefined)).signer).toBe(signing);
  expect((await byKey(operator.sub)).signer).toBe(operator.sub);
  // A seed that is in no keystore here, as a file and as it stands.
  const seed = await readSeed(workspace.keystore, operator.sub, 'the identity');
  const file = path.join(tempDir(), 'identity.nk');
  writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600 });
  rmSync(keyFile(workspace.keystore, operator.sub));
  await expect(byKey(operator.sub)).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
  for (const key of [file, seed.reveal()]) {
    const { jwt, signer } = await byKey(key, false);
    expect(signer).toBe(operator.sub);
    expect(decodeAs('account', jwt ?? '').claims).toMatchObject({ iss: operator.sub, name: 'shop' });
  }
  for (const kind of ['operator', 'account'] as const) {
    const foreign = Seed.generate(kind);
    await expect(byKey(foreign.reveal())).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
  }
  await expect(byKey(Seed.generate('operator').publicKey)).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
  await expect(byKey('nothing')).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
});

it('signs activations by the plain keys of their exporter, and says whose export it is', async () => {
  const workspace = await tempWorkspace();
  const account = await createAccount(workspace, { name: 'orders' });
  const owner = (await findAccountByKey(workspace.store, account.publicKey))?.jwt.claims.sub ?? '';
  const {
    iss: _iss,
    iat: _iat,
    jti: _jti,
    ...claims
  } = newActivation(Seed.generate('account').publicKey, 'a', 'stream');
  const id = randomUUID();
  const url = `/api/v1/accounts/${owner}/activation-requests/${id}/approve`;
  const details = {
    kind: 'activation',
    claims: JSON.parse(payloadJson('activation', { ...claims, iss: '', iat: 0, jti: '' })),
    signers: [owner],
    notIssuedBefore: NOW + 7,
    send: { method: 'POST', url: '/jwt/v1/activations', headers: { 'content-type': 'application/jwt' } },
    rest: [{ method: 'POST', url, headers: {}, body: { lifetime: 60 } }],
  };
  for (const field of ['iss', 'iat', 'jti']) delete details.claims[field];
  const about: AboutToSign[] = [];
  const show = (one: AboutToSign) => void about.push(one);
  const options = { force: false, operatorClaims: false, dryRun: false, push: null, show };
  const report = await signElsewhere(workspace, readSignRequest(JSON.stringify(details), NOW), options);
  expect(about).toMatchObject([{ kind: 'activation', account: owner, signer: owner }]);
  const { claims: signed } = decodeAs('activation', report.jwt ?? '');
  expect(signed).toMatchObject({ iss: owner, iat: NOW + 7, nats: { subject: 'a', kind: 'stream' } });
  expect(signed.nats.issuer_account).toBeUndefined();
  const foreign = { ...details, signers: [Seed.generate('account').publicKey], rest: [] };
  await expect(signElsewhere(workspace, readSignRequest(JSON.stringify(foreign), NOW), options)).rejects.toMatchObject({
    code: 'ERR_ACCOUNT_FOREIGN',
  });
});
