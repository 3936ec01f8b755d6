/** Where the values of arguments and flags come from, as far as they can be told before they are written. */

export type Source =
  | 'operators'
  | 'accounts'
  | 'users'
  | 'roles'
  | 'exports'
  | 'imports'
  | 'mappings'
  | 'files'
  | 'folders'
  | 'operators or accounts';

const FLAG_SOURCES: Readonly<Record<string, Source>> = {
  operator: 'operators',
  account: 'accounts',
  'source-account': 'accounts',
  'target-account': 'accounts',
  'system-account': 'accounts',
  'allowed-account': 'accounts',
  'rm-allowed-account': 'accounts',
  user: 'users',
  'auth-user': 'users',
  'rm-auth-user': 'users',
  'private-key': 'roles',
};

/** By the command and the name of the argument. */
const ARGUMENT_SOURCES: readonly (readonly [command: RegExp, argument: RegExp, source: Source])[] = [
  [/^operator:(?!create$)[^:]+$/, /^(name|operator)$/, 'operators'],
  [/^account:(?!create$)[^:]+$/, /^(name|account)$/, 'accounts'],
  [/^user:(?!create$)/, /^(name|user)$/, 'users'],
  [/^account:signing-key:/, /^key$/, 'roles'],
  [/^revocation:/, /^user$/, 'users'],
  [/^(export:(describe|edit|delete)|activation:(?!describe))/, /^subject$/, 'exports'],
  [/^import:(describe|edit|delete)$/, /^subject$/, 'imports'],
  [/^mapping:delete$/, /^from$/, 'mappings'],
  [/^context:select$/, /^name$/, 'operators or accounts'],
  [/^(push|pull|validate|diff|service:evacuate)$/, /^account$/, 'accounts'],
  [/^(describe|doctor|activation:describe)$/, /./, 'files'],
  [/^(nkey:(?!gen$)|keys:import$)/, /./, 'files'],
  [/^sign$/, /^file$/, 'files'],
  [/^audit:verify$/, /^file$/, 'files'],
  [/^keys:export$/, /./, 'folders'],
];

export function sourceOfFlag(name: string, helpValue: string | undefined): Source | null {
  if (helpValue === 'FILE') return 'files';
  if (helpValue === 'DIR') return 'folders';
  return Object.hasOwn(FLAG_SOURCES, name) ? (FLAG_SOURCES[name] as Source) : null;
}

/** Of a rename, the second argument is a new name. */
export function sourceOfArgument(command: string, argument: string): Source | null {
  if (command.endsWith(':rename') && argument === 'name') return null;
  return ARGUMENT_SOURCES.find(([of, name]) => of.test(command) && name.test(argument))?.[2] ?? null;
}
