import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { peer } from '../../../peers.js';
import { program } from '../sharing/program.js';
import { ORG } from './org.js';

describe('state files, through the program', () => {
  it('exports, plans, applies', async () => {
    const { home, run, json, fault } = program();
    const write = (file: string, text: string) => {
      writeFileSync(path.join(home, file), text);
      return file;
    };
    const file = write('org.yaml', ORG);
    expect(await json('plan', file)).toMatchObject({ operatorKey: null, counts: { create: 7, change: 0, delete: 0 } });
    expect((await run(['plan', file, '--detailed-exitcode'])).code).toBe(3);
    expect(await fault('apply', file)).toEqual([2, 'ERR_USAGE']);
    expect(await json('apply', file, '--dry-run')).toMatchObject({
      changed: true,
      dryRun: true,
      created: [],
      creds: [],
    });
    const applied = await json('apply', file, '--yes');
    expect(applied).toMatchObject({ changed: true, push: ['SYS', 'billing', 'shop'] });
    expect(applied.creds).toHaveLength(3);
    expect((await run(['plan', file, '--detailed-exitcode'])).code).toBe(0);

    const exported = await run(['export', 'state']);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    const edited = exported.stdout.replace('data: 10MiB', 'data: 20MiB');
    const text = await run(['plan', write('edited.yaml', edited)]);
    expect(text.stdout).toMatch(
      /^~ user shop\/ann, signed by A\w+\n {4}~ \/nats\/data: 10485760 -> 20971520\n0 to create, 1 to change, 0 to delete\n$/,
    );
    expect(await run(['plan', '-'], edited)).toMatchObject({ code: 0, stdout: text.stdout });

    await json('plan', 'edited.yaml', '--out', 'saved.plan');
    expect(await fault('plan', 'edited.yaml', '--out', 'saved.plan')).toEqual([1, 'ERR_FILE_EXISTS']);
    expect(await json('apply', '--plan', 'saved.plan', '--yes')).toMatchObject({ counts: { change: 1 } });
    expect(await fault('apply', '--plan', 'saved.plan', '--yes')).toEqual([1, 'ERR_PLAN_STALE']);
    expect(await fault('apply', '--plan', 'edited.yaml', '--yes')).toEqual([1, 'ERR_PLAN_FILE']);
    expect(await json('user', 'describe', 'ann', '-a', 'shop')).toMatchObject({ claims: { nats: { data: 20971520 } } });

    const wrong = write('wrong.yaml', edited.replace('clerk:', 'clerk: {nope: 1}\n      cler:'));
    expect(await fault('plan', wrong)).toEqual([1, 'ERR_STATE_INVALID']);
    expect((await run(['plan', wrong])).stderr).toMatch(
      /wrong\.yaml:\d+:\d+: \/accounts\/shop\/users\/clerk\/nope is no known field/,
    );
    expect(await fault('plan')).toEqual([2, 'ERR_USAGE']);
    expect(await fault('plan', 'nowhere.yaml')).toEqual([1, 'ERR_SOURCE']);
    expect(await fault('apply', write('bad.yaml', ORG.replace('billing, local', 'nobody, local')), '--yes')).toEqual([
      1,
      'ERR_STATE_REFERENCE',
    ]);
    const refused = await run(['plan', write('bad.yaml', edited.replace('data: 20MiB', 'sources: [nowhere]'))]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[ERR_USER_SOURCE_NETWORK]') });

    expect(await json('export', 'state', '--without-keys', '--output', 'copy.yaml')).toMatchObject({
      operator: 'acme',
    });
    expect(await fault('export', 'state', '--output', 'copy.yaml')).toEqual([1, 'ERR_FILE_EXISTS']);
    const copy = readFileSync(path.join(home, 'copy.yaml'), 'utf8').replace('name: acme', 'name: staging');
    await json('apply', write('copy.yaml', copy), '--yes');
    expect(await json('operator', 'list')).toMatchObject({ operators: [{ name: 'acme' }, { name: 'staging' }] });
    const { stdout } = await run(['export', 'schema']);
    expect(JSON.parse(stdout)).toEqual(await json('export', 'schema'));
    for (const command of ['plan', 'apply', 'export state', 'export schema']) {
      expect((await run([...command.split(' '), '--help'])).code).toBe(0);
    }
  }, 120_000);

  it.skipIf(peer('nsc') === undefined)(
    'writes what nsc finds nothing wrong with',
    async () => {
      const { home, json } = program();
      writeFileSync(path.join(home, 'org.yaml'), ORG);
      await json('apply', 'org.yaml', '--yes');
      const { execFileSync } = await import('node:child_process');
      const env = { PATH: process.env.PATH ?? '', HOME: home, NSC_NO_GIT_IGNORE: '1' };
      const nsc = (...args: string[]) =>
        execFileSync(peer('nsc') as string, args, {
          env,
          cwd: home,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      nsc('validate', '-A');
      nsc('edit', 'user', 'ann', '-a', 'shop', '--payload', '100');
      const plan = await json('plan', 'org.yaml');
      expect(plan.changes).toMatchObject([
        { name: 'ann', differences: [{ path: '/nats/payload', before: 100, after: -1 }] },
      ]);
    },
    60_000,
  );
});
