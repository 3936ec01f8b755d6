import { NATS_AUTH_ROWS, PERMISSION_WORDS as permissions } from './nats-auth-words.js';
import type { Meaning, Row } from './row.js';

/**
 * nsc's command lines, and those of `nats auth`, in natsctl's words: one row a command. cli/nsc/translate.ts reads it before
 * the command line is parsed. A new row is one line; test/unit/cli/nsc/words.test.ts holds every flag of nsc against it.
 */

/** The persistent flags of nsc. Where the configuration file is, is said by a variable: see translate.ts. */
export const GLOBAL_FLAGS = {
  'i/interactive': '',
  'data-dir=': '--store',
  'keystore-dir=': '--keystore',
  'config-dir=': '',
  'H/all-dirs=': (dir: string) => ['--store', dir, '--keystore', dir],
  J: '--json',
} as const satisfies Record<string, Meaning>;

const file = (value: string) => (value === '--' ? [] : ['--output', value]);
const kind = (name: string) => ['--kind', name];
const key = (value: string) => (value === 'generate' ? [] : ['--key', value]);
const tags = { 'tags=': '--tag' };
const name = { 'n/name=': 0 };
const subject = { 's/subject=': 0 };
/** nsc takes -K with every command; where nothing is signed it has nothing to do. */
const unsigned = { 'K/private-key=': '' };
const output = { 'o/output-file=': file };
const described = { ...name, ...output, ...unsigned, 'W/long-ids': '' };
const user = { 'n/name=': 0, 'u/user-public-key=': 0 };
const tool = { ...unsigned, 'nats=': '--server', 'max-messages=': '--count' };
const encrypted = { 'E/encrypt': { refused: 'seal the payload itself: `natsctl nkey seal`' } };
const keyKinds = {
  'o/operator': kind('operator'),
  'a/accounts': kind('account'),
  'u/users': kind('user'),
  'f/filter=': '--filter',
  'not-referenced': '--orphaned',
};
const configWords = {
  ...unsigned,
  'mem-resolver': '--memory',
  'nats-resolver': '--full',
  'nats-resolver-cache': '--cache',
  'config-file=': file,
  'sys-account=': '--system-account',
  nkey: { refused: 'a static configuration without JWTs is not made: `natsctl config generate --memory`' },
} as const;
const accountOf = {
  ...tags,
  bearer: '--no-disallow-bearer',
  'no-bearer': '--disallow-bearer',
  jetstream: ['--js-enable', '0'],
};

export const ROWS: readonly Row[] = [
  // begin
  { words: ['init'], to: 'init', flags: unsigned },
  {
    words: ['load'],
    to: 'load',
    flags: {
      ...unsigned,
      'profile=': { refused: 'it would hold the seed: `natsctl load --remote-operator NAME`, the seed from a file' },
    },
  },

  // add
  {
    words: ['add operator'],
    when: ['url'],
    to: 'operator import',
    flags: { 'n/name=': '--name', 'u/url=': 0, 'generate-signing-key': '', 's/sys': '', ...unsigned },
  },
  {
    words: ['add operator', 'create operator'],
    to: 'operator create',
    flags: {
      ...name,
      ...tags,
      'generate-signing-key': '--signing-key',
      's/sys': '',
      force: '',
      'service=': '--service-url',
      'account-server=': '--account-server-url',
      'account-jwt-server-url=': '--account-server-url',
      'K/private-key=': { refused: 'the identity key of an operator is made with it' },
    },
  },
  {
    words: ['add account', 'create account'],
    to: 'account create',
    flags: { ...name, ...accountOf, 'k/public-key=': '--public-key' },
  },
  {
    words: ['add user', 'create user'],
    to: 'user create',
    flags: { ...name, ...tags, ...permissions, 'k/public-key=': '--public-key', 'key=': '--private-key' },
  },
  { words: ['add export', 'create export'], to: 'export create', flags: subject },
  { words: ['add import', 'create import'], to: 'import create', flags: { 'remote-subject=': 0 } },
  {
    words: ['add mapping', 'create mapping'],
    to: 'mapping create',
    flags: { 'f/from=': 0, 't/to=': 1, 'config=': '--from-file' },
  },

  // delete
  {
    words: ['delete account'],
    to: 'account delete',
    flags: { ...name, ...unsigned, 'R/revoke': '', 'C/rm-creds': '', 'F/force': '', 'D/rm-nkey': '--remove-keys' },
  },
  { words: ['delete user'], to: 'user delete', flags: { ...name, 'C/rm-creds': '', 'D/rm-nkey': '--remove-keys' } },
  { words: ['delete export'], to: 'export delete', flags: subject },
  { words: ['delete import'], to: 'import delete', flags: subject },
  { words: ['delete mapping'], to: 'mapping delete', flags: { 'f/from=': 0, 't/to=': 1 } },

  // edit
  {
    words: ['edit operator'],
    when: ['sk'],
    to: 'operator signing-key add',
    flags: { 'sk=': (value) => (value === 'generate' ? [] : [value]) },
  },
  { words: ['edit operator'], when: ['rm-sk'], to: 'operator signing-key remove', flags: { 'rm-sk=': 0 } },
  {
    words: ['edit operator'],
    to: 'operator edit',
    flags: {
      ...tags,
      'u/account-jwt-server-url=': '--account-server-url',
      'account-server=': '--account-server-url',
      'n/service-url=': '--service-url',
      'service=': '--service-url',
    },
  },
  {
    words: ['edit account'],
    when: ['sk'],
    to: 'account signing-key add',
    flags: { 'n/name=': '--account', 'sk=': key },
    args: ['--account'],
  },
  {
    words: ['edit account'],
    when: ['rm-sk'],
    to: 'account signing-key remove',
    flags: { 'n/name=': '--account', 'rm-sk=': 0 },
    args: ['--account'],
  },
  {
    words: ['edit account'],
    to: 'account edit',
    flags: {
      ...name,
      ...accountOf,
      'host-cluster-traffic=': '--cluster-traffic',
      'max-responses=': '--allow-pub-response',
    },
  },
  {
    words: ['edit authcallout'],
    to: 'account edit',
    flags: { 'x/curve=': '--xkey', disable: '--disable-auth-callout' },
  },
  { words: ['edit export'], to: 'export edit', flags: subject },
  {
    words: ['edit signing-key'],
    when: ['sk', 'generate'],
    to: 'account signing-key add',
    flags: { ...permissions, 'sk=': key },
  },
  { words: ['edit signing-key'], to: 'account signing-key edit', flags: { ...permissions, 'sk=': 0 } },
  { words: ['edit user'], to: 'user edit', flags: { ...name, ...tags, ...permissions } },

  { words: ['reissue operator'], to: 'operator reissue', flags: { 'n/name=': '--operator' } },

  // loose files, other operators
  { words: ['import account'], to: 'account import' },
  { words: ['import user'], to: 'user import', flags: unsigned },
  { words: ['migrate'], to: 'migrate' },
  { words: ['upgrade-jwt'], to: 'upgrade', flags: unsigned },
  { words: ['fix'], to: 'fix', flags: unsigned },

  // rename, select
  { words: ['rename account'], to: 'account rename', flags: { OK: '' } },
  { words: ['rename user'], to: 'user rename' },
  { words: ['rename operator'], to: 'operator rename' },
  { words: ['select operator'], to: 'context select operator', flags: unsigned },
  { words: ['select account'], to: 'context select account', flags: unsigned },
  {
    words: ['env'],
    when: ['account'],
    to: 'context select account',
    flags: { 'a/account=': 0, 's/store=': '--store', ...unsigned },
  },
  {
    words: ['env'],
    when: ['s'],
    to: 'context select operator',
    flags: { 'o/operator=': 0, 's/store=': '--store', ...unsigned },
  },
  { words: ['env'], to: 'env', flags: unsigned },

  // revocations
  {
    words: ['revocations add-user', 'revocations add_user'],
    to: 'revocation add',
    // nsc revokes any public key; a name it must know.
    flags: {
      ...user,
      'u/user-public-key=': (value) => (/^U[A-Z2-7]{55}$/.test(value) ? [value, '--unlisted'] : [value]),
    },
  },
  { words: ['revocations delete-user', 'revocations delete_user'], to: 'revocation delete', flags: user },
  { words: ['revocations list-users', 'revocations list_users'], to: 'revocation list', flags: unsigned },
  { words: ['revocations add-activation', 'revocations add_activation'], to: 'activation revoke', flags: subject },
  {
    words: ['revocations delete-activation', 'revocations delete_activation'],
    to: 'activation restore',
    flags: subject,
  },
  {
    words: ['revocations list-activations', 'revocations list_activations'],
    to: 'activation revocations',
    flags: { ...subject, ...unsigned },
  },

  // describe, list
  { words: ['describe operator'], to: 'operator describe', flags: described },
  { words: ['describe account'], to: 'account describe', flags: described },
  { words: ['describe user'], to: 'user describe', flags: described },
  {
    words: ['describe jwt'],
    to: 'describe',
    flags: {
      ...output,
      ...unsigned,
      'W/long-ids': '',
      'data-dir=': '',
      'keystore-dir=': '',
      'H/all-dirs=': () => [],
    },
  },
  { words: ['list operators', 'list operator'], to: 'operator list', flags: unsigned },
  { words: ['list accounts', 'list account'], to: 'account list', flags: unsigned },
  { words: ['list users', 'list user'], to: 'user list', flags: unsigned },
  {
    words: ['list keys', 'list key'],
    to: 'keys list',
    flags: { ...keyKinds, ...unsigned, 'x/curve': kind('curve') },
  },

  // generate
  { words: ['generate activation'], to: 'activation create', flags: { ...subject, ...output } },
  {
    words: ['generate config'],
    when: ['mem-resolver'],
    to: 'config generate',
    flags: {
      ...configWords,
      'dir=': { refused: 'the memory resolver stands in one file: `natsctl config generate --memory --output FILE`' },
    },
  },
  { words: ['generate config'], to: 'config generate', flags: configWords },
  { words: ['generate context'], to: 'context nats', flags: unsigned },
  { words: ['generate creds'], to: 'user creds', flags: { ...name, ...output, ...unsigned } },
  {
    words: ['generate diagram component', 'generate diagram object', 'generate diagram'],
    to: 'graph',
    flags: { ...output, ...unsigned, detail: '', 'show-keys': '', users: '' },
  },
  {
    words: ['generate nkey'],
    when: ['store'],
    to: 'nkey gen',
    flags: {
      ...unsigned,
      'S/store': '--save',
      'o/operator': ['operator'],
      'a/account': ['account'],
      'u/user': ['user'],
      'x/curve': ['curve'],
      'data-dir=': '',
      'H/all-dirs=': (dir) => ['--keystore', dir],
    },
  },
  {
    words: ['generate nkey'],
    to: 'nkey gen --show-seed',
    flags: {
      ...unsigned,
      'o/operator': ['operator'],
      'a/account': ['account'],
      'u/user': ['user'],
      'x/curve': ['curve'],
      'data-dir=': '',
      'H/all-dirs=': (dir) => ['--keystore', dir],
    },
  },
  { words: ['generate profile'], to: 'context profile', flags: { ...output, ...unsigned } },

  // keys
  {
    words: ['export keys'],
    to: 'keys export',
    flags: { ...keyKinds, ...unsigned, curves: kind('curve'), 'curve=': '--filter' },
  },
  {
    words: ['import keys'],
    to: 'keys import',
    flags: { ...unsigned, 'data-dir=': '', 'H/all-dirs=': (dir) => ['--keystore', dir] },
  },

  // the same word in both
  { words: ['validate'], to: 'validate', flags: unsigned },
  { words: ['expirations'], to: 'expirations', flags: unsigned },
  { words: ['push'], when: ['diff'], to: 'diff', flags: { ...unsigned, 'D/diff': '' } },
  { words: ['push'], to: 'push' },
  { words: ['pull'], to: 'pull', flags: unsigned },
  { words: ['keys migrate'], to: 'keys migrate', flags: unsigned },
  {
    words: ['completion'],
    to: 'completion',
    flags: { 'data-dir=': '', 'keystore-dir=': '', 'H/all-dirs=': () => [], ...unsigned },
  },

  // tool
  { words: ['tool pub'], to: 'pub', flags: { ...tool, ...encrypted } },
  { words: ['tool sub'], to: 'sub', flags: { ...tool, ...encrypted } },
  { words: ['tool req', 'tool request'], to: 'request', flags: { ...tool, ...encrypted } },
  { words: ['tool reply'], to: 'reply', flags: { ...tool, ...encrypted } },
  { words: ['tool rtt'], to: 'rtt', flags: tool },

  ...NATS_AUTH_ROWS,
];

/** Commands of nsc that are not wanted here, and what to do. */
export const REFUSED: Readonly<Record<string, string>> = {
  update: 'natsctl is updated by what installed it: `npm install --global natsctl`',
};
