import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { payloadJson, signClaims } from '../../../claims/jwt/encode.js';
import { newAccount, newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { signElsewhere } from '../../../cli/sign/sign.js';
import { readSignRequest, type SignRequest } from '../../../cli/sign/sign-request.js';
import { readOperator } from '../../../cli/store/store.js';
import { NOW } from './temp.js';
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
