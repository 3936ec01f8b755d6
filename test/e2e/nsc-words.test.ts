import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, makeHome, run } from './harness.js';

/** A session in nsc's words, from the first line to the last, given to natsctl. */

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

const natsctl = (line: string) => run(home, line.split(' '));
async function done(line: string): Promise<string> {
  const ended = await natsctl(line);
  expect(ended, line).toMatchObject({ code: 0 });
  return ended.stdout;
}
const lines = (text: string) => text.split('\n').filter(Boolean);

describe("nsc's words", () => {
  it('do what nsc does with them', { timeout: 60_000 }, async () => {
    await done('add operator -n acme --generate-signing-key --sys -i');
    await done('edit operator --service-url nats://127.0.0.1:4222');
    await done('add account -n orders');
    await done('add user -a orders --name=checkout --allow-pub orders.> --bearer=false');
    await done('edit account orders --conns 100 --wildcard-exports=false');
    await done('edit account --name orders --sk generate');
    await done('edit signing-key -a orders --sk generate --role sales --subs 5');
    await done('add user -n clerk -a orders -K sales');
    await done('add export -a orders -s $JS.prices -n prices');
    await done('add account --name shop');
    await done('add import -a shop --src-account orders --remote-subject $JS.prices -s prices');
    await done('add mapping -a shop --to b --from a --weight 20');
    await done('revocations add_user -a orders -u clerk');
    expect(await done('describe account -n orders -F nats.limits.conn')).toBe('100\n');
    expect(await done('describe user -a orders -n checkout -F nats.pub.allow')).toBe('[\n  "orders.>"\n]\n');
    expect(await done('describe account orders --field name')).toBe('orders\n');
    expect(lines(await done('list accounts --names'))).toEqual(['SYS', 'orders', 'shop']);
    expect(lines(await done('list users -a orders --names'))).toEqual(['checkout', 'clerk']);
    expect(await done('list operators --names')).toBe('acme\n');
    expect(await done('list keys -u --account orders')).toMatch(/^KIND/);
    await done('generate creds -a orders -n checkout -o x.creds');
    expect(readFileSync(path.join(home.folder, 'x.creds'), 'utf8')).toContain('BEGIN USER NKEY SEED');
    await done('describe jwt -f x.creds -W');
    await done('describe operator -R -o operator.jwt');
    expect(readFileSync(path.join(home.folder, 'operator.jwt'), 'utf8')).toMatch(
      /^-----BEGIN NATS OPERATOR JWT-----\neyJ/,
    );
    expect(JSON.parse(await done('generate profile nsc://acme/orders/checkout?names'))).toMatchObject({
      operator: { name: 'acme', service: ['nats://127.0.0.1:4222'] },
    });
    await done('generate config --mem-resolver --config-file server.conf');
    expect(readFileSync(path.join(home.folder, 'server.conf'), 'utf8')).toContain('resolver: MEMORY');
    await done('delete mapping -a shop --from a');
    await done('delete import -a shop -s $JS.prices');
    await done('delete user -a orders -n clerk,checkout -C -D');
    expect(await done('list users -a orders --names')).toBe('');
    const refused = await natsctl('delete account -n shop -C');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    await done('delete account -n shop -C --yes');
    await done('rename account orders sales --OK');
    expect(lines(await done('list accounts --names'))).toEqual(['SYS', 'sales']);
  });

  it('find folders where nsc is told they are', async () => {
    await done('-H here add operator -n acme');
    expect(existsSync(path.join(home.folder, 'here/acme/acme.jwt'))).toBe(true);
    await done('add account -n orders -H here');
    expect(lines(await done('list accounts --all-dirs here --names'))).toEqual(['SYS', 'orders']);
    expect(existsSync(path.join(home.folder, 'data'))).toBe(false);
  });

  it('have the help of what they are', async () => {
    for (const line of ['add user --help', 'help add user', 'user create --help']) {
      expect(await done(line), line).toMatch(/^Make a user of an account[\s\S]*\$ natsctl user create \[NAME\]/);
    }
  });

  it('are refused where natsctl has nothing of the kind, and say what to do', async () => {
    for (const [line, hint] of [
      ['update', 'npm install --global natsctl'],
      ['generate config --nkey', '`natsctl config generate --memory`'],
      ['tool sub -E x', '`natsctl nkey seal`'],
      ['delete mapping --to b', '`natsctl mapping delete --help`'],
    ] as const) {
      const ended = await natsctl(line);
      expect(ended, line).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr, line).toContain(hint);
      const json = await natsctl(`${line} --json`);
      expect(json.json().error.code, line).toBe('ERR_USAGE');
    }
  });

  it('and those of `nats auth` too', async () => {
    await done('auth operator add acme --service nats://127.0.0.1:4222');
    await done('auth account add orders');
    await done('auth acct edit orders --connections 5 --tags x');
    expect(await done('acct info orders --field nats.limits.conn')).toBe('5\n');
    await done('auth user add checkout --account orders --pub-allow a');
    await done('auth user credential x.creds checkout orders --expire 1h');
    expect(existsSync(path.join(home.folder, 'x.creds'))).toBe(true);
    await done('auth account mappings add orders a b 50');
    expect(await done('auth account mappings ls orders')).toMatch(/a +b +50 %/);
  });
});
