/** A configuration file for nats-server as text: who is trusted, and where account JWTs come from. */

export interface ConfigAccount {
  name: string;
  key: string;
  token: string;
}

/** Of a resolver that keeps a folder of account JWTs (nats-server `opts.go`). Spans of time as Go writes them. */
export interface FolderResolver {
  kind: 'full' | 'cache';
  /** Relative to where the server starts. */
  dir: string;
  /** Of a full one: take deletions that an operator key signed; then remove the file, instead of renaming it to `*.deleted`. */
  allowDelete?: boolean | undefined;
  hardDelete?: boolean | undefined;
  /** The most accounts that are kept. */
  limit?: number | undefined;
  /** Of a cache: how long an account is kept. */
  ttl?: string | undefined;
  /** Of a full one: how often the servers compare what they have. */
  interval?: string | undefined;
  /** How long to wait for an account that another server has. */
  timeout?: string | undefined;
}

/** `url`: each account is fetched from a service; `memory`: all of them are in the file. */
export type ConfigResolver =
  | { kind: 'url'; url: string }
  | { kind: 'memory'; accounts: readonly ConfigAccount[] }
  | FolderResolver;

export interface ServerConfig {
  operator: { name: string; token: string };
  system: ConfigAccount | null;
  resolver: ConfigResolver;
  /** Settings of the server itself, before all others. */
  listen?: readonly string[];
  /** Settings that narrow who is let in. */
  restrictions?: readonly string[];
  /** Comments at the end. */
  notes?: readonly string[];
}

/** nsc's, and the server's own patience (`DEFAULT_ACCOUNT_FETCH_TIMEOUT`). */
const DEFAULTS = { ttl: '1h', interval: '2m', timeout: '1900ms' };

export function serverConfigText({
  operator,
  system,
  resolver,
  listen = [],
  restrictions = [],
  notes = [],
}: ServerConfig): string {
  const lines = [
    ...listen,
    `# For nats-server. Operator: ${comment(operator.name)}`,
    `operator: ${operator.token}`,
    ...(system ? [`# System account: ${comment(system.name)}`, `system_account: ${system.key}`] : []),
    ...restrictions,
    '',
    ...resolverLines(resolver, system),
    ...notes.map((note) => `# ${comment(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function resolverLines(resolver: ConfigResolver, system: ConfigAccount | null): string[] {
  switch (resolver.kind) {
    case 'url':
      return [
        '# Each account is fetched when it is first needed; the service must be up when the server starts.',
        `resolver: URL(${resolver.url})`,
      ];
    case 'memory':
      return ['resolver: MEMORY', ...preload(resolver.accounts)];
    case 'full':
    case 'cache':
      return [...folderBlock(resolver), ...preload(system ? [system] : [])];
  }
}

function folderBlock({ kind, dir, limit, timeout = DEFAULTS.timeout, ...own }: FolderResolver): string[] {
  const settings =
    kind === 'full'
      ? [
          `  allow_delete: ${own.allowDelete ?? false}`,
          ...(own.hardDelete ? ['  hard_delete: true'] : []),
          `  interval: ${JSON.stringify(own.interval ?? DEFAULTS.interval)}`,
        ]
      : [`  ttl: ${JSON.stringify(own.ttl ?? DEFAULTS.ttl)}`];
  return [
    'resolver {',
    `  type: ${kind}`,
    ...folderComment(kind, own.hardDelete === true),
    `  dir: ${JSON.stringify(dir)}`,
    ...settings,
    ...(limit === undefined ? [] : [`  limit: ${limit}`]),
    `  timeout: ${JSON.stringify(timeout)}`,
    '}',
  ];
}

function folderComment(kind: 'full' | 'cache', hardDelete: boolean): string[] {
  if (kind === 'cache') {
    return ['  # Created by the server. Other servers of the system must have full resolvers: this one asks them.'];
  }
  return hardDelete ? [] : ['  # Created by the server; deleted accounts are kept in it as *.deleted.'];
}

function preload(accounts: readonly ConfigAccount[]): string[] {
  const byKey = [...accounts].sort((a, b) => (a.key < b.key ? -1 : 1));
  const entries = byKey.flatMap(({ name, key, token }) => [`  # ${comment(name)}`, `  ${key}: ${token}`]);
  return ['resolver_preload: {', ...entries, '}'];
}

/** A line break in a name would end the comment and begin a setting. */
function comment(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
