import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../../broker/start.js';
import { Seed } from '../../../../claims/keys/seed.js';
import type { UserClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { changeUser } from '../../../../cli/change/change.js';
import { diagnose } from '../../../../cli/doctor/doctor.js';
import { listAccounts, readOperator, withoutDamaged } from '../../../../cli/store/store.js';
import { push } from '../../../../cli/sync/push.js';
import { createUser } from '../../../../cli/user/create.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { startService } from '../../../../service/start.js';
import { program } from '../program.js';
import { tempDir, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const now = () => Math.floor(Date.now() / 1000);

/** A user `u` of the account `shop`, and its creds. */
async function withUser(dir = tempDir()) {
  const workspace = await tempWorkspace({ settings: tempSettings(dir), now: now() - 10 });
  await createAccount(workspace, { name: 'shop' });
  const { creds } = await createUser(workspace, { name: 'u', account: 'shop', ...noPermissions });
  return { workspace, creds: creds as string, storeRoot: workspace.paths.storeRoot };
}

const failures = async (complaint: Parameters<typeof diagnose>[0]) =>
  (await diagnose(complaint)).examinations.flatMap(({ source, steps }) =>
    steps.filter(({ outcome }) => outcome === 'fail').map(({ check, code }) => `${source} ${check} ${code}`),
  );

async function brokerOf({ store }: Workspace): Promise<string> {
  const accounts = withoutDamaged(await listAccounts(store)).map(({ jwt }) => jwt.token);
  const operators = [(await readOperator(store)).token];
  const broker = await startBroker({ port: -1, operators, resolver: { memory: accounts } });
  onTestFinished(() => broker.close());
  return broker.url;
}

describe('doctor', () => {
  it('finds nothing wrong with good creds, and sees all of what is', async () => {
    const { workspace, creds, storeRoot } = await withUser();
    const server = await brokerOf(workspace);
    const good = await diagnose({ creds, storeRoot, server, now: now() });
    expect(good.ok, JSON.stringify(good, null, 1)).toBe(true);
    expect(good.examinations.map(({ source }) => source)).toEqual(['creds', 'store', 'server']);

    const edit = (change: (claims: UserClaims) => void) =>
      changeUser(workspace, { user: 'u', account: 'shop' }, {}, (claims) => {
        const changed = structuredClone(claims);
        change(changed);
        return changed;
      });
    await edit((claims) => {
      claims.nats.src = ['10.0.0.0/8'];
      claims.nats.allowed_connection_types = ['MQTT'];
      claims.nats.times = [{ start: '00:00:00', end: '00:00:01' }];
      claims.exp = now() - 5;
    });
    await revokeUser(workspace, { user: 'u', account: 'shop', unlisted: false });
    expect(await failures({ creds, storeRoot, ip: '192.0.2.1', now: now() })).toEqual([
      'store user.time ERR_USER_EXPIRED',
      'store user.revoked ERR_USER_REVOKED',
      'store user.type ERR_USER_CONNECTION_TYPE',
      'store user.source ERR_USER_SOURCE',
      'store user.hours ERR_USER_TIME',
    ]);
    const live = await diagnose({ creds, storeRoot, server: await brokerOf(workspace), now: now() });
    expect(live.examinations.at(-1)?.steps[0]).toMatchObject({
      outcome: 'fail',
      code: 'ERR_BROKER_AUTHORIZATION',
      hint: expect.stringContaining('above'),
    });
  });

  it('names torn creds, creds of another seed, older creds and an account that is not here', async () => {
    const { workspace, creds, storeRoot } = await withUser();
    const text = readFileSync(creds, 'utf8');
    const bad = path.join(tempDir(), 'bad.creds');
    writeFileSync(bad, text.slice(0, 300));
    expect(await failures({ creds: bad, storeRoot, now: now() })).toEqual(['creds creds ERR_CREDS_INVALID']);
    writeFileSync(bad, text.replace(/^SU.*$/m, Seed.generate('user').reveal()));
    expect(await failures({ creds: bad, storeRoot, now: now() })).toEqual(['creds creds ERR_CREDS_INVALID']);
    expect(await failures({ creds: `${bad}x`, storeRoot, now: now() })).toEqual(['creds creds ERR_KEY_MISSING']);
    writeFileSync(bad, text);
    await changeUser(workspace, { user: 'u', account: 'shop' }, {}, (claims) => ({ ...claims, name: 'other' }));
    const old = await diagnose({ creds: bad, storeRoot, now: now() });
    expect(old.examinations[1]?.steps.at(-1)).toMatchObject({ check: 'creds.current', outcome: 'warn' });
    const elsewhere = await diagnose({ creds, storeRoot: tempDir(), now: now() });
    expect(elsewhere).toMatchObject({ ok: true });
    expect(elsewhere.examinations[1]?.steps).toMatchObject([{ check: 'account.known', outcome: 'unknown' }]);
  });

  it('compares with what the service holds', async () => {
    const { workspace, creds, storeRoot } = await withUser();
    const service = await startService({ dataDir: tempDir(), port: -1 });
    onTestFinished(() => service.close());
    const operator = await readOperator(workspace.store);
    await service.adoptOperator({ operatorToken: operator.token });
    const asked = { creds, storeRoot, service: service.url, now: now() };
    expect(await failures(asked)).toEqual(['service account.known ERR_ACCOUNT_UNKNOWN']);
    await push(workspace, { service: service.url });
    const both = await diagnose(asked);
    expect(both).toMatchObject({ ok: true });
    expect(both.examinations[2]?.steps.at(-1)).toMatchObject({ check: 'account.pushed', outcome: 'pass' });
    await revokeUser(workspace, { user: 'u', account: 'shop', unlisted: false });
    expect(await failures(asked)).toEqual(['store user.revoked ERR_USER_REVOKED']);
    expect((await diagnose(asked)).examinations[2]?.steps.at(-1)).toMatchObject({ outcome: 'warn' });
  });

  it('asks the service, through the program', async () => {
    const home = tempDir();
    const natsctl = program(home);
    const service = await startService({ dataDir: path.join(home, 'data'), port: -1 });
    onTestFinished(() => service.close());
    await natsctl('operator', 'create', 'acme');
    await natsctl('account', 'create', 'shop');
    const { creds } = JSON.parse((await natsctl('user', 'create', 'u', '-a', 'shop', '--json')).stdout);
    const empty = await natsctl('doctor', creds, '--service', service.url);
    expect(empty.code).toBe(1);
    expect(empty.stdout).toMatch(/FAILED +service\.operator/);
    const offline = await natsctl('doctor', creds, '--json');
    expect(JSON.parse(offline.stdout)).toMatchObject({
      ok: true,
      examinations: [{ source: 'creds' }, { source: 'store' }],
    });
    expect(offline.stdout).not.toMatch(/SU[A-Z2-7]{56}/);
    const down = JSON.parse((await natsctl('doctor', creds, '--server', 'nats://127.0.0.1:1', '--json')).stdout);
    expect(down.examinations.at(-1).steps[0]).toMatchObject({ outcome: 'fail', code: 'ERR_BROKER_UNREACHABLE' });
  });
});
