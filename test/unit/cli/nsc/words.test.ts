import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../cli/manifest.js';
import { translate } from '../../../../cli/nsc/translate.js';
import { ROWS } from '../../../../cli/nsc/words.js';
import { withResponseCount } from '../../../../cli/permission/flags.js';
import { FLAGS_OF_NSC, GLOBAL_OF_NSC, HIDDEN_OF_NSC } from './flags-of-nsc.js';

const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as Manifest;
const flagsOf = (command: string) => commands[command.replaceAll(' ', ':')]?.flags ?? {};
const translated = (line: string) => translate(line.split(' '), flagsOf).argv.join(' ');

/** A value that the flag takes, where a plain word will not do. */
const VALUES: Record<string, string> = {
  'account-token-position': '2',
  'host-cluster-traffic': 'owner',
  'max-messages': '3',
  'response-type': 'Stream',
  sk: 'ROLE',
  weight: '50',
  timeout: '5',
};

/** Commands of nsc without a row: the fault says what there is instead. */
const NO_COMMAND = ['update'];

/** Flags that natsctl refuses, always with what to do instead. */
const REFUSED: Record<string, string[]> = {
  'add operator': ['private-key'],
  load: ['profile'],
  'generate config': ['nkey'],
  'tool sub': ['encrypt'],
  'tool req': ['encrypt'],
};

interface FlagOfNsc {
  spellings: string[];
  long: string;
  takesValue: boolean;
}

function flagsOfNsc(command: string): FlagOfNsc[] {
  const own = [FLAGS_OF_NSC[command], HIDDEN_OF_NSC[command], GLOBAL_OF_NSC].join(' ');
  return own
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => {
      const names = text.replace('=', '').split('/');
      const long = names.at(-1) as string;
      const spellings = names.length > 1 ? [`--${long}`, `-${names[0]}`] : [`--${long}`];
      return { spellings, long, takesValue: text.endsWith('=') };
    });
}

/** The command that the words are, and whether its own parser takes the rest. */
async function parse(argv: string[]) {
  const id = [4, 3, 2, 1].map((n) => argv.slice(0, n).join(':')).find((words) => words in commands);
  if (id === undefined) throw new Error(`no command: ${argv.join(' ')}`);
  const file = path.resolve('cli/commands', `${id.replaceAll(':', '/')}.ts`);
  const { default: command } = await import(/* @vite-ignore */ file);
  const rest = withResponseCount(argv.slice(id.split(':').length));
  const flags = { ...command.baseFlags, ...command.flags };
  const context = { exit: () => {}, parsedFlags: {} } as never;
  return Parser.parse(rest, { args: command.args, flags, strict: command.strict !== false, context });
}

describe("nsc's command lines", () => {
  const covered = Object.keys({ ...FLAGS_OF_NSC, ...HIDDEN_OF_NSC }).filter((one) => !NO_COMMAND.includes(one));

  it.each(covered)('%s: every flag means something that the command takes', async (words) => {
    for (const { spellings, long, takesValue } of flagsOfNsc(words)) {
      for (const flag of spellings) {
        const value = VALUES[long] ?? (takesValue ? 'x' : undefined);
        const line = [...words.split(' '), flag, ...(takesValue ? [value as string] : [])];
        if (REFUSED[words]?.includes(long)) {
          expect(() => translate(line, flagsOf), line.join(' ')).toThrow(
            expect.objectContaining({ code: 'ERR_USAGE', hint: expect.stringMatching(/`natsctl|is made with it/) }),
          );
          continue;
        }
        // nsc asks for both: one without the other names nothing.
        if (/mapping/.test(words) && long === 'to') line.push('--from', 'y');
        const { argv } = translate(line, flagsOf);
        try {
          const { nonExistentFlags } = await parse(argv);
          expect(nonExistentFlags ?? [], line.join(' ')).toEqual([]);
        } catch (error) {
          throw new Error(`${line.join(' ')} -> ${argv.join(' ')}: ${error}`);
        }
      }
    }
  });

  it.each([
    ['add account -n orders', 'account create orders'],
    ['add account orders', 'account create orders'],
    ['create user -a orders --name=ann -kUAB', 'user create ann -a orders --public-key UAB'],
    ['add user --bearer=false ann -a o', 'user create ann --no-bearer -a o'],
    ['add export -s $JS.> -r -a x', 'export create $JS.> -r -a x'],
    ['add import --src-account b --remote-subject q.* -s q', 'import create q.* --src-account b -s q'],
    ['add mapping --to b --from a --weight 10', 'mapping create a b --weight 10'],
    ['delete user -n a,b --name c -a o -DC', 'user delete a,b c -a o --remove-keys'],
    ['delete user ann --revoke=false', 'user delete ann --no-revoke'],
    ['edit account -n o --sk generate', 'account signing-key add --account o'],
    ['edit account o --sk /a/key', 'account signing-key add --account o --key /a/key'],
    ['edit account o --rm-sk ABC', 'account signing-key remove ABC --account o'],
    ['edit operator --sk generate', 'operator signing-key add'],
    ['edit operator --rm-sk=OBC', 'operator signing-key remove OBC'],
    [
      'edit operator -n nats://a,tls://b -u http://c',
      'operator edit --service-url nats://a,tls://b --account-server-url http://c',
    ],
    ['edit operator --require-signing-keys=false', 'operator edit --no-require-signing-keys'],
    ['edit signing-key --sk generate --role sales -a o', 'account signing-key add --role sales -a o'],
    ['edit signing-key --sk sales --subs -1', 'account signing-key edit sales --subs -1'],
    ['edit authcallout -a o --curve generate', 'account edit -a o --xkey generate'],
    ['edit user ann --allow-pub-response -a o', 'user edit ann --allow-pub-response -a o'],
    ['edit user ann --allow-pub-response=5', 'user edit ann --allow-pub-response=5'],
    ['describe account -n o -F nats.limits.conn', 'account describe o -F nats.limits.conn'],
    ['describe user -R -o out.jwt ann', 'user describe ann -R --output out.jwt'],
    ['describe jwt -f x.jwt -W -o --', 'describe -f x.jwt'],
    ['list keys -aux --account o', 'keys list --kind account --kind user --kind curve --account o'],
    ['list users -a o -J', 'user list -a o --json'],
    ['generate creds -n ann -a o -o x.creds', 'user creds ann -a o --output x.creds'],
    ['generate nkey -u -x', 'nkey gen --show-seed user curve'],
    ['generate nkey --account --store', 'nkey gen account --save'],
    ['generate config --mem-resolver --config-file s.conf', 'config generate --memory --output s.conf'],
    ['generate profile nsc://o/a -o f', 'context profile nsc://o/a --output f'],
    ['generate diagram object --users -o d', 'graph --output d'],
    ['export keys -d out -ouA', 'keys export -d out --kind operator --kind user -A'],
    ['revocations add_user -u * --at 2030-01-01', 'revocation add * --at 2030-01-01'],
    ['revocations list_users', 'revocation list'],
    ['env -s dir -o acme', 'context select operator acme --store dir'],
    ['env -a orders', 'context select account orders'],
    ['env -o acme', 'env -o acme'],
    ['select account orders', 'context select account orders'],
    ['tool req --nats nats://a $SYS.x y -u ann', 'request $SYS.x y --server nats://a -u ann'],
    ['push -A -u http://a', 'push -A -u http://a'],
    ['push -D', 'diff'],
    ['add operator -n acme -u http://x --force', 'operator import http://x --name acme --force'],
    ['reissue operator -n acme --convert-to-signing-key', 'operator reissue --operator acme --convert-to-signing-key'],
    ['init -n acme -d .', 'init -n acme -d .'],
    ['add user -i', 'user create'],
  ])('%s', (theirs, ours) => {
    expect(translated(theirs)).toBe(ours);
  });

  it('revokes any public key, as nsc does, and a name only where it is known', () => {
    const key = `U${'A'.repeat(55)}`;
    expect(translated(`revocations add-user -u ${key}`)).toBe(`revocation add ${key} --unlisted`);
    expect(translated('revocations add-user -u ann')).toBe('revocation add ann');
  });

  it('says where the folders are, nsc.json too', () => {
    for (const line of ['-H d list accounts', 'list accounts --all-dirs d', '--all-dirs=d list accounts']) {
      expect(translate(line.split(' '), flagsOf), line).toEqual({
        argv: ['account', 'list', '--store', 'd', '--keystore', 'd'],
        env: { NSC_HOME: 'd' },
      });
    }
    expect(translate('list accounts --data-dir=d --config-dir e'.split(' '), flagsOf)).toEqual({
      argv: ['account', 'list', '--store', 'd'],
      env: { NSC_HOME: 'e' },
    });
  });

  it.each([
    ['delete mapping --to b', 'an argument before the one that is given is missing'],
    ['generate config --mem-resolver --dir d', 'natsctl has no --dir here'],
    ['load --profile nsc://a', 'natsctl has no --profile here'],
    ['delete account a --rm-creds=false', 'natsctl has no --rm-creds=false here'],
    ['describe user --name', '--name needs a value'],
    ['update', 'natsctl has no update'],
    ['account keys add a b c', 'there are too many arguments'],
  ])('%s is refused', (line, message) => {
    expect(() => translate(line.split(' '), flagsOf)).toThrow(expect.objectContaining({ code: 'ERR_USAGE', message }));
  });
});

describe("natsctl's command lines", () => {
  it("take nsc's flags where they have none of that name", () => {
    expect(translated('user create -n ann -k UAB -a o')).toBe('user create ann --public-key UAB -a o');
    expect(translated('export edit -s a.b --name x')).toBe('export edit a.b --name x');
    expect(translated('mapping delete -f a')).toBe('mapping delete a');
    expect(translated('operator edit -n nats://a')).toBe('operator edit --service-url nats://a');
  });

  it('keep their own', () => {
    for (const line of [
      'keys list -o acme -a orders',
      'activation create a -o acme',
      'sub a -n 3',
      'import create a -s b -u file',
      'pub a b -H x:y',
      'context select operator acme',
      'env --store d',
      '--version',
      'account describe orders --json',
      'nope nope',
    ]) {
      expect(translated(line), line).toBe(line);
    }
  });

  it('do not ask the manifest where nothing is to be translated', () => {
    const never = () => {
      throw new Error('asked');
    };
    expect(translate(['account', 'describe', 'orders', '--json', '-a', 'x'], never).argv).toHaveLength(6);
  });

  it('pass what comes after -- through', () => {
    expect(translated('add account -- --name')).toBe('account create -- --name');
  });
});

describe('the words of `nats auth`', () => {
  it.each([
    ['auth operator add acme --service nats://a', 'operator create acme --service-url nats://a'],
    ['auth acct ls', 'account list'],
    ['usr info ann', 'user describe ann'],
    ['op select acme', 'context select operator acme'],
    ['a edit o --tags x --jetstream', 'account edit o --tag x --js-enable 0'],
    ['account add o --bearer', 'account create o --no-disallow-bearer'],
    [
      'user add ann --pub-allow a --sub-deny b --key sales',
      'user create ann --allow-pub a --deny-sub b --private-key sales',
    ],
    [
      'account imports add mine q.* shop --source billing --local x',
      'import create q.* --name mine --account shop --source-account billing --local-subject x',
    ],
    [
      'account exports add prices p.> billing --token-position 2',
      'export create p.> --name prices --account billing --account-token-position 2',
    ],
    ['account exports rm p.> billing', 'export delete p.> --account billing'],
    [
      'account keys add orders sales --subscriptions 5',
      'account signing-key add --account orders --role sales --subscriptions 5',
    ],
    ['account keys rm orders --key AB', 'account signing-key remove AB --account orders'],
    ['account mappings add shop a b 50 east', 'mapping create a b --account shop --weight 50 --cluster east'],
    ['account mappings ls shop', 'mapping list --account shop'],
    ['user credential x.creds ann orders --expire 1h', 'user creds ann --output x.creds --account orders --expires 1h'],
    ['nk gen user', 'nkey gen user'],
  ])('%s', (theirs, ours) => {
    expect(translated(theirs)).toBe(ours);
  });
});

it('every row leads to a command', () => {
  const names = new Set(Object.keys(commands).map((id) => id.replaceAll(':', ' ')));
  const lost = ROWS.map(({ to }) => to.replace(/ --.*/, '').replace(/^(context select) \w+$/, '$1')).filter(
    (to) => !names.has(to),
  );
  expect(lost).toEqual([]);
});
