import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../broker/start.js';
import { formatCreds } from '../../claims/creds.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { NOW, runService } from '../unit/service/service.js';

const userCreds = async (account: Seed) => {
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, 'u'), seedSigner(account), { now: NOW - 10 });
  return { text: formatCreds(token, seed), key: seed.publicKey };
};

it('a revocation that the service has taken holds on a broker, though the clock that signed it was behind', async () => {
  const service = await runService();
  const account = Seed.generate('account');
  const base = await service.operator.account(account.publicKey, () => {}, { iat: NOW });
  await service.push(account.publicKey, base);
  const broker = await startBroker({
    host: '127.0.0.1',
    port: -1,
    operators: [service.operator.token],
    resolver: { url: `${service.url}/jwt/v1/accounts/` },
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => broker.close());
  await service.attach({ servers: [broker.url], creds: (await userCreds(service.operator.system)).text });
  const user = await userCreds(account);
  const authenticator = credsAuthenticator(new TextEncoder().encode(user.text));
  const client = await connect({ servers: broker.url, authenticator, reconnect: false });
  const closed = client.closed();
  const revoke = service.operator.account(account.publicKey, ({ nats }) => void nats.revocations.set(user.key, NOW), {
    iat: NOW - 30,
  });
  const headers = { 'if-match': `"${decodeAs('account', base).claims.jti}"` };
  expect((await service.push(account.publicKey, await revoke, headers)).status).toBe(200);
  expect(String(await closed)).toMatch(/revoked/i);
  const pending = async () => (await service.api('GET', '/links')).json.items[0].pending;
  await expect.poll(pending, { timeout: 5_000 }).toBe(0);
});

it('the service ends at once when the last request under way is answered, whoever keeps a connection', async () => {
  const service = await runService();
  const id = Seed.generate('account').publicKey;
  await service.push(id, await service.operator.account(id));
  const replies = Array.from({ length: 12 }, () =>
    service.api('POST', `/accounts/${id}/revocations`, { user: Seed.generate('user').publicKey }).catch(() => null),
  );
  await Promise.race(replies);
  const asked = performance.now();
  await service.close();
  expect(performance.now() - asked).toBeLessThan(3_000);
  await Promise.all(replies);
});
