import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { dryRunFlag, showDifferences } from '../change/show.js';
import { yesFlag } from '../delete/flags.js';
import { accountFlag, allAccountsFlag, listOf, operatorFlag, privateKeyFlag, storeFlags } from '../flags.js';
import { startProgress } from '../output/progress.js';
import { safeText } from '../output/safe-text.js';
import { table } from '../output/table.js';
import { secretOfFile } from '../sync/access-token.js';
import { confirmRemoval } from '../sync/confirm.js';
import { remoteFlags } from '../sync/flags.js';
import { hasRefusals, type PushReport, push } from '../sync/push.js';
import { remoteOptions } from '../sync/remote-options.js';

export default class Push extends NatsctlCommand {
  static override description =
    "Bring every account that changed from the local store to the service, or to the full resolvers of nats-servers.\nThe form goes by the address: http(s) is a service, nats, tls, ws and wss are servers, where each one's answer is shown. An account that someone else changed meanwhile is refused: pull first.";
  static override examples = [
    '<%= config.bin %> push',
    '<%= config.bin %> push orders --service https://jwt.acme.example',
    '<%= config.bin %> push --service nats://n1.acme.example --servers 3',
    '<%= config.bin %> push --prune --dry-run',
  ];
  static override strict = false;
  static override args = { account: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...allAccountsFlag,
    ...remoteFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
    ...yesFlag,
    force: Flags.boolean({
      char: 'F',
      description:
        'Push what is held in another version, would bring revoked users back, or is not valid: what others changed is lost.',
      env: 'NATSCTL_FORCE',
    }),
    'token-file': Flags.string({
      description: 'File with an access token of an admin of the service, who alone may --force revoked users back.',
      helpValue: 'FILE',
      env: 'NATSCTL_TOKEN_FILE',
    }),
    retry: Flags.integer({
      description: 'How often to try again with servers that stayed behind.',
      helpValue: 'N',
      min: 0,
      max: 20,
      default: 2,
      env: 'NATSCTL_RETRY',
    }),
    prune: Flags.boolean({
      char: 'P',
      description: 'Then delete from the servers what this store does not have. They must allow it (`allow_delete`).',
      env: 'NATSCTL_PRUNE',
    }),
    'account-removal': Flags.string({
      char: 'R',
      aliases: ['remove'],
      description: 'Delete this account from the servers, by name or public key; repeatable. Alone nothing is pushed.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      env: 'NATSCTL_ACCOUNT_REMOVAL',
    }),
  };

  async run(): Promise<PushReport> {
    const { argv, flags } = await this.parse(Push);
    const named = [...(argv as string[]), ...(flags.account === undefined ? [] : [flags.account])];
    const remove = listOf(flags['account-removal']);
    const removal = {
      accounts: remove,
      prune: flags.prune,
      key: flags['private-key'],
      confirm: (accounts: Parameters<typeof confirmRemoval>[1]) =>
        confirmRemoval('from the servers', accounts, flags.yes),
    };
    const token = flags['token-file'];
    const report = await push(
      await this.workspace(flags),
      {
        ...remoteOptions(flags),
        accounts: named,
        force: flags.force,
        retry: flags.retry,
        dryRun: flags['dry-run'],
        ...(token !== undefined && { accessToken: await secretOfFile(token) }),
        ...((flags.prune || remove.length > 0) && { removal }),
      },
      (total) => startProgress('pushing', total, this.jsonEnabled() ? null : process.stderr),
    );
    this.show(report);
    if (hasRefusals(report)) process.exitCode = 1;
    return report;
  }

  private show({ kind, url, servers, missing, accounts, removed, dryRun }: PushReport): void {
    const rows = [
      ...accounts.map((row) => [row.name, row.account ?? '', word(row.result, dryRun), counted(row.servers)]),
      ...removed.map((row) => [row.name ?? '', row.account, word(row.result, dryRun), counted(row.servers)]),
    ];
    const columns = kind === 'nats' && !dryRun ? 4 : 3;
    const headings = ['NAME', 'PUBLIC KEY', 'RESULT', 'SERVERS'].slice(0, columns);
    if (rows.length > 0)
      this.print(
        table(
          headings,
          rows.map((row) => row.slice(0, columns)),
        ),
      );
    if (this.jsonEnabled()) return;
    for (const { name, differences = [] } of accounts) {
      if (differences.length > 0) this.print(`${safeText(name)}:\n${showDifferences(differences)}`);
    }
    if (kind === 'nats') {
      this.note(`${servers.length} server${servers.length === 1 ? '' : 's'} at ${url}: ${servers.join(', ')}`);
      if (missing > 0)
        this.note(`MISSING: ${missing} of the ${servers.length + missing} servers expected did not answer`);
    }
    for (const { name, account, servers: answers, code, message, hint } of [...accounts, ...removed]) {
      const who = safeText(name ?? account ?? '');
      for (const one of answers) {
        process.stderr.write(
          `${who}: ${safeText(one.server)} ${one.ok ? 'ok' : 'REFUSED'}: ${safeText(one.message)}\n`,
        );
      }
      if (message === undefined) continue;
      const about = code === undefined ? '' : ` [${safeText(code)}]`;
      process.stderr.write(
        `${who}: ${safeText(message)}${about}${hint === undefined ? '' : `\n  ${safeText(hint)}`}\n`,
      );
    }
  }
}

/** What happened, or for a dry run what would. */
function word(result: string, dryRun: boolean): string {
  return dryRun && ['created', 'updated', 'removed'].includes(result) ? `would be ${result}` : result;
}

function counted(answers: { ok: boolean }[]): string {
  return answers.length === 0 ? '' : `${answers.filter(({ ok }) => ok).length}/${answers.length}`;
}
