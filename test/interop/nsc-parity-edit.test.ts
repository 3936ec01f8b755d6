import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');
const VOLATILE = /^(iat|jti|iss|sub|name)$/;

/** One store that both programs work on: `n-...` entities are changed by nsc, `c-...` by natsctl, with the same flags. */
function makeHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-parity-'));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
  };
  const run = (program: string) => (args: string[]) =>
    execFileSync(program, args, { env, cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    nsc: run(nscProgram as string),
    natsctl: run(inject('natsctl')),
    remove: () => rmSync(home, { recursive: true }),
  };
}

describe.skipIf(!nscProgram)('edited with the same flags, nsc and natsctl leave the same claims', () => {
  let home: ReturnType<typeof makeHome>;
  beforeAll(() => {
    home = makeHome();
    home.natsctl(['operator', 'create', 'acme']);
    for (const name of ['n', 'c', 'n-tiers', 'c-tiers']) home.natsctl(['account', 'create', name]);
    for (const account of ['n', 'c']) home.natsctl(['user', 'create', 'u', '-a', account]);
  });
  afterAll(() => home?.remove());

  /** Claims that say what an entity may do; keys are replaced by what they are of. */
  const claims = (kind: 'account' | 'user', name: string, account = name) => {
    const args = kind === 'account' ? [name] : [name, '-a', account];
    const token = JSON.parse(home.natsctl([kind, 'describe', ...args, '--json'])).token as string;
    const payload = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
    const kept = Object.fromEntries(Object.entries(payload).filter(([claim]) => !VOLATILE.test(claim)));
    return JSON.parse(JSON.stringify(kept).replace(/"([AUX])[A-Z2-7]{55}"/g, '"$1..."'));
  };

  // The first sets JetStream limits: nsc sets those of an account without JetStream to -1 whatever is edited. It cannot set
  // --js-max-bytes-required where there are limits already.
  it.each([
    ['--js-disk-storage 10G --js-mem-storage 64kib --js-streams 5 --js-consumer 7'],
    ['--js-max-mem-stream 1m --js-max-disk-stream 2mib --js-max-ack-pending 9'],
    ['--conns 10 --leaf-conns 2 --data 1k --payload 64kib --subscriptions 77 --imports 3 --exports 4'],
    ['--allow-pub b.>,a.* --allow-sub x --allow-pubsub z --deny-pub s.> --deny-sub t --deny-pubsub w.>,$SYS.>'],
    ['--allow-pub-response=5 --response-ttl 1m30s'],
    ['--rm a.*,z'],
    ['--rm-response-perms'],
    ['--allow-pub-response'],
    ['--tag B,a --tag c:d'],
    ['--rm-tag b'],
    ['--description texts --info-url https://acme.example/orders'],
    ['--trace-context-subject traces.all --trace-context-sampling 20'],
    ['--expiry 2099-01-31 --start 2020-01-01'],
    ['--expiry 0 --start 0'],
    ['--disallow-bearer --wildcard-exports=false', '--disallow-bearer --no-wildcard-exports'],
    ['--js-disable --wildcard-exports --disallow-bearer=false', '--js-disable --wildcard-exports --no-disallow-bearer'],
    ['--js-enable 0'],
    ['--rm-js-tier 0'],
  ])('account %s', (flags, ours = flags) => {
    home.nsc(['edit', 'account', 'n', ...flags.split(' ')]);
    home.natsctl(['account', 'edit', 'c', ...ours.split(' ')]);
    expect(claims('account', 'c')).toEqual(claims('account', 'n'));
  });

  it.each([
    ['--js-tier 1 --js-disk-storage 1G'],
    ['--js-tier 3 --js-mem-storage 1M --js-streams 2'],
    ['--js-tier 3 --js-consumer 8'],
    ['--js-enable 5'],
    ['--rm-js-tier 1'],
    ['--js-disable'],
  ])('account by tier %s', (flags) => {
    home.nsc(['edit', 'account', 'n-tiers', ...flags.split(' ')]);
    home.natsctl(['account', 'edit', 'c-tiers', ...flags.split(' ')]);
    expect(claims('account', 'c-tiers')).toEqual(claims('account', 'n-tiers'));
  });

  it.each([
    ['--allow-pub b.>,a.* --allow-pubsub z --deny-sub t,$JS.> --allow-pub-response --response-ttl 500ms'],
    ['--time 08:00:00-17:00:00 --time 20:00:00-21:00:00 --locale Europe/Paris'],
    ['--rm-time 08:00:00 --source-network 192.168.0.0/16,10.0.0.0/8'],
    ['--conn-type mqtt,STANDARD --subs 5 --data 1k --payload 2kib --bearer'],
    [
      '--rm-conn-type mqtt --rm-source-network 10.0.0.0/8 --bearer=false',
      '--rm-conn-type mqtt --rm-source-network 10.0.0.0/8 --no-bearer',
    ],
    ['--tag x,Y --expiry 2099-01-31'],
  ])('user %s', (flags, ours = flags) => {
    home.nsc(['edit', 'user', 'u', '-a', 'n', ...flags.split(' ')]);
    home.natsctl(['user', 'edit', 'u', '-a', 'c', ...ours.split(' ')]);
    expect(claims('user', 'u', 'c')).toEqual(claims('user', 'u', 'n'));
  });

  it('roles and users of them', () => {
    const flags =
      '--role sales --description both --allow-pub sales.{{name()}}.> --deny-sub x --subs 5 --conn-type MQTT';
    home.nsc(['edit', 'signing-key', '-a', 'n', '--sk', 'generate', ...flags.split(' ')]);
    home.natsctl(['account', 'signing-key', 'add', '-a', 'c', ...flags.split(' ')]);
    const more = '--allow-sub y --source-network 10.0.0.0/8 --bearer --time 08:00:00-17:00:00';
    home.nsc(['edit', 'signing-key', '-a', 'n', '--sk', 'sales', ...more.split(' ')]);
    home.natsctl(['account', 'signing-key', 'edit', 'sales', '-a', 'c', ...more.split(' ')]);
    expect(claims('account', 'c')).toEqual(claims('account', 'n'));
    home.nsc(['add', 'user', 's', '-a', 'n', '-K', 'sales']);
    home.natsctl(['user', 'create', 's', '-a', 'c', '-K', 'sales']);
    home.natsctl(['user', 'edit', 's', '-a', 'c', '--tag', 't']);
    home.nsc(['edit', 'user', 's', '-a', 'n', '--tag', 't', '-K', 'sales']);
    expect(claims('user', 's', 'c')).toEqual(claims('user', 's', 'n'));
    home.natsctl(['account', 'signing-key', 'rotate', 'sales', '-a', 'c']);
    expect(claims('user', 's', 'c')).toEqual(claims('user', 's', 'n'));
    home.nsc(['validate', '-a', 'c']);
  });

  it('auth callout', () => {
    const key = (account: string) =>
      JSON.parse(home.natsctl(['user', 'describe', 'u', '-a', account, '--json'])).publicKey as string;
    home.nsc(['edit', 'authcallout', 'n', '--auth-user', key('n'), '--allowed-account', '*', '--curve', 'generate']);
    home.natsctl(['account', 'edit', 'c', '--auth-user', 'u', '--allowed-account', '*', '--xkey', 'generate']);
    expect(claims('account', 'c')).toEqual(claims('account', 'n'));
    home.nsc(['edit', 'authcallout', 'n', '--disable']);
    home.natsctl(['account', 'edit', 'c', '--disable-auth-callout']);
    expect(claims('account', 'c')).toEqual(claims('account', 'n'));
  });

  it('operator', () => {
    const operators = [makeHome(), makeHome()] as const;
    const payload = ({ natsctl }: ReturnType<typeof makeHome>) => {
      const { claims } = JSON.parse(natsctl(['operator', 'describe', '--json']));
      return JSON.parse(JSON.stringify(claims.nats).replace(/"([OA])[A-Z2-7]{55}"/g, '"$1..."'));
    };
    try {
      for (const one of operators) {
        one.natsctl(['operator', 'create', 'acme']);
        one.natsctl(['account', 'create', 'other']);
      }
      const [theirs, ours] = operators;
      const flags =
        '--service-url tls://A.example:4222,nats://b:4222 --account-jwt-server-url https://c/jwt/v1 --tag B,a';
      theirs.nsc(['edit', 'operator', ...flags.split(' '), '--system-account', 'other', '--sk', 'generate']);
      ours.natsctl(['operator', 'edit', ...flags.split(' '), '--system-account', 'other']);
      ours.natsctl(['operator', 'signing-key', 'add']);
      expect(payload(ours)).toEqual(payload(theirs));
      const undo = '--rm-service-url nats://b:4222 --rm-account-jwt-server-url --rm-tag a --expiry 2099-01-31';
      theirs.nsc(['edit', 'operator', ...undo.split(' ')]);
      ours.natsctl(['operator', 'edit', ...undo.split(' ')]);
      expect(payload(ours)).toEqual(payload(theirs));
    } finally {
      for (const one of operators) one.remove();
    }
  });
});
