import type { Row } from './row.js';

/** What `nats auth` calls permissions. */
export const PERMISSION_WORDS = {
  'pub-allow=': '--allow-pub',
  'pub-deny=': '--deny-pub',
  'sub-allow=': '--allow-sub',
  'sub-deny=': '--deny-sub',
  'max-responses=': '--allow-pub-response',
};

/** Its command lines, whose words are in the same order as here, where more than the topic or the verb differs. */
export const NATS_AUTH_ROWS: readonly Row[] = [
  { words: ['operator select'], to: 'context select operator' },
  { words: ['operator keys list', 'operator keys ls'], to: 'operator signing-key list' },
  { words: ['operator keys add'], to: 'operator signing-key add' },
  { words: ['operator keys rm', 'operator keys remove'], to: 'operator signing-key remove' },
  {
    words: ['account keys add'],
    to: 'account signing-key add',
    flags: PERMISSION_WORDS,
    args: ['--account', '--role'],
  },
  { words: ['account keys list', 'account keys ls'], to: 'account signing-key list', args: ['--account'] },
  {
    words: ['account keys rm', 'account keys remove'],
    to: 'account signing-key remove',
    flags: { 'key=': 0 },
    args: ['--account'],
  },
  {
    words: ['account exports add'],
    to: 'export create',
    flags: { 'url=': '--info-url', 'token-position=': '--account-token-position' },
    args: ['--name', 0, '--account'],
  },
  { words: ['account exports list', 'account exports ls'], to: 'export list', args: ['--account'] },
  { words: ['account exports info'], to: 'export describe', args: [0, '--account'] },
  {
    words: ['account exports edit'],
    to: 'export edit',
    flags: { 'url=': '--info-url', 'token-position=': '--account-token-position' },
    args: [0, '--account'],
  },
  { words: ['account exports rm', 'account exports remove'], to: 'export delete', args: [0, '--account'] },
  {
    words: ['account imports add'],
    to: 'import create',
    flags: { 'source=': '--source-account', 'local=': '--local-subject', traceable: '--allow-trace' },
    args: ['--name', 0, '--account'],
  },
  { words: ['account imports list', 'account imports ls'], to: 'import list', args: ['--account'] },
  { words: ['account imports info'], to: 'import describe', args: [0, '--account'] },
  {
    words: ['account imports edit'],
    to: 'import edit',
    flags: { 'local=': '--local-subject', traceable: '--allow-trace' },
    args: [0, '--account'],
  },
  { words: ['account imports rm', 'account imports remove'], to: 'import delete', args: [0, '--account'] },
  {
    words: ['account mappings add'],
    to: 'mapping create',
    flags: { 'config=': '--from-file' },
    args: ['--account', 0, 1, '--weight', '--cluster'],
  },
  {
    words: ['account mappings list', 'account mappings ls', 'account mappings info'],
    to: 'mapping list',
    args: ['--account'],
  },
  { words: ['account mappings rm', 'account mappings remove'], to: 'mapping delete', args: ['--account', 0] },
  { words: ['account push'], to: 'push' },
  {
    words: ['user credential', 'user credentials'],
    to: 'user creds',
    flags: { 'expire=': '--expires', f: '--force' },
    args: ['--output', 0, '--account'],
  },
];

/** Short forms of `nats auth` for the topics, and its verbs for ours. */
export const TOPICS: Readonly<Record<string, string>> = {
  ...{ o: 'operator', op: 'operator' },
  ...{ a: 'account', acct: 'account', act: 'account' },
  ...{ u: 'user', usr: 'user', users: 'user' },
  nk: 'nkey',
};
export const VERBS: Readonly<Record<string, string>> = {
  ...{ add: 'create', info: 'describe', ls: 'list', rm: 'delete' },
};
export const VERB_TOPICS: ReadonlySet<string> = new Set(['operator', 'account', 'user', 'export', 'import', 'mapping']);
