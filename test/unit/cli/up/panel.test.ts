import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { panel } from '../../../../cli/up/panel.js';

const running = {
  broker: 'nats://127.0.0.1:4222',
  service: 'http://127.0.0.1:9090',
  dataDir: '/home/a b/natsctl',
  operator: 'local',
  account: 'demo',
  accountKey: 'AKEY',
  user: 'demo',
  userKey: 'UKEY',
  credsFile: "/home/a b/it's.creds",
  adminTokenFile: '/home/a b/admin.token',
};

/** What a shell makes of the commands of the panel, one list of words each; `natsctl` and curl only show their arguments. */
function commands(text: string): string[][] {
  const script = text
    .split('\n')
    .filter((line) => line.startsWith('   '))
    .join('\n')
    .replaceAll('&&', '');
  const show = `show() { printf '%s\\0' "$@"; printf '\\n'; }; cat() { echo "<$1>"; }; curl() { show curl "$@"; }\n`;
  const out = execFileSync('/bin/sh', ['-c', show + script.replaceAll("'/opt/my tools/natsctl.js'", 'show')], {
    encoding: 'utf8',
  });
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\0').slice(0, -1));
}

describe.skipIf(process.platform === 'win32')('the commands of the panel', () => {
  const options = { command: '/opt/my tools/natsctl.js', storeFlags: ['--store', '/s t'] };

  it('survive spaces and quotes in every path', () => {
    const as = ['--creds', running.credsFile, '--server', running.broker];
    expect(commands(panel(running, options))).toEqual([
      ['sub', 'greet.>', ...as],
      ['pub', 'greet.you', 'hello', ...as],
      ['account', 'create', 'orders', '--store', '/s t'],
      ['user', 'create', 'checkout', '--account', 'orders', '--store', '/s t'],
      ['push', '--store', '/s t'],
      expect.arrayContaining([
        'http://127.0.0.1:9090/api/v1/accounts/AKEY/revocations',
        `authorization: Bearer <${running.adminTokenFile}>`,
        '{"user":"UKEY"}',
      ]),
    ]);
  });

  it('name the user where no creds are kept', () => {
    const text = panel({ ...running, credsFile: null }, options);
    expect(text).not.toMatch(/creds/i);
    const as = ['--user', 'demo', '--account', 'demo', '--store', '/s t', '--server', running.broker];
    expect(commands(text).slice(0, 2)).toEqual([
      ['sub', 'greet.>', ...as],
      ['pub', 'greet.you', 'hello', ...as],
    ]);
  });

  it('do not use a user who is revoked', () => {
    const text = panel({ ...running, nextUser: 'demo2' }, options);
    expect(text).toContain('User demo is revoked');
    const as = ['--user', 'demo2', '--account', 'demo', '--store', '/s t'];
    expect(commands(text)).toEqual([
      ['user', 'create', 'demo2', '--account', 'demo', '--store', '/s t'],
      ['sub', 'greet.>', ...as],
      ['pub', 'greet.you', 'hello', ...as],
      expect.arrayContaining(['account']),
      expect.arrayContaining(['user']),
      expect.arrayContaining(['push']),
    ]);
  });
});
