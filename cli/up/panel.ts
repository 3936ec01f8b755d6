import { shellWord } from '../output/shell-word.js';

/** What `natsctl up` shows once all is ready: where everything is, and the next three things to do, ready to copy. */

export interface Running {
  broker: string;
  service: string;
  dataDir: string;
  operator: string;
  accountKey: string;
  account: string;
  user: string;
  userKey: string;
  /** Where the user is revoked, and no other user is there to show: the name a new one could have. */
  nextUser?: string | null;
  /** Null where the keystore keeps none. */
  credsFile: string | null;
  adminTokenFile: string;
  /** Only on the first run: shown once, kept in `adminTokenFile`. */
  firstToken?: string;
}

export interface PanelOptions {
  /** How this shell can call us: `natsctl`, or the path of the program where it is not on PATH. */
  command: string;
  /** Flags the copied commands need because this store or operator is not the one they would find. */
  storeFlags: string[];
}

export function panel(running: Running, { command, storeFlags }: PanelOptions): string {
  const call = (args: string[], flags: string[] = []) =>
    [shellWord(command), ...args, ...flags.map(shellWord)].join(' ');
  const revoked = running.nextUser != null;
  const facts: [string, string][] = [
    ['Broker', running.broker],
    ['Service', running.service],
    ['API', `${running.service}/openapi.json`],
    ['Operator', running.operator],
    ['Account', running.account],
    ['User', revoked ? `${running.user} (revoked)` : running.user],
    ...(running.credsFile === null ? [] : ([['Creds', running.credsFile]] as [string, string][])),
    ['Token', running.adminTokenFile],
    ['Data', running.dataDir],
  ];
  const lines = [
    'natsctl is up. Ctrl-C stops it.',
    '',
    ...facts.map(([name, value]) => `  ${name.padEnd(9)} ${value}`),
    '',
    ...(revoked
      ? withNewUser(running, running.nextUser as string, call, storeFlags)
      : withCreds(running, call, storeFlags)),
    '2. Create an account and a user, and push them:',
    `   ${call(['account', 'create', 'orders'], storeFlags)} &&`,
    `   ${call(['user', 'create', 'checkout', '--account', 'orders'], storeFlags)} &&`,
    `   ${call(['push'], storeFlags)}`,
    '',
  ];
  if (!revoked) {
    lines.push(
      `3. Revoke user ${running.user} everywhere at once:`,
      `   curl -X POST ${running.service}/api/v1/accounts/${running.accountKey}/revocations \\`,
      `     -H "authorization: Bearer $(cat ${shellWord(running.adminTokenFile)})" \\`,
      `     -H 'content-type: application/json' -d '{"user":"${running.userKey}"}'`,
      '',
    );
  }
  if (running.firstToken !== undefined) {
    lines.push('The admin token, shown this once and kept in the token file above:', `   ${running.firstToken}`, '');
  }
  return `${lines.join('\n')}\n`;
}

type Call = (args: string[], flags?: string[]) => string;

function withCreds({ credsFile, user, account, broker }: Running, call: Call, storeFlags: string[]): string[] {
  const who = credsFile === null ? ['--user', user, '--account', account, ...storeFlags] : ['--creds', credsFile];
  const as = `     ${who.map(shellWord).join(' ')} --server ${broker}`;
  return [
    '1. Subscribe, and publish from another shell:',
    `   ${call(['sub', shellWord('greet.>')])} \\`,
    as,
    `   ${call(['pub', 'greet.you', 'hello'])} \\`,
    as,
    '',
  ];
}

/** The commands of a revoked user would all be refused. */
function withNewUser(running: Running, name: string, call: Call, storeFlags: string[]): string[] {
  const as = ['--user', name, '--account', running.account, ...storeFlags];
  return [
    `1. User ${running.user} is revoked: its creds are refused. Make another, then subscribe, and publish from another shell:`,
    `   ${call(['user', 'create', name, '--account', running.account], storeFlags)}`,
    `   ${call(['sub', shellWord('greet.>')], as)}`,
    `   ${call(['pub', 'greet.you', 'hello'], as)}`,
    '',
  ];
}
