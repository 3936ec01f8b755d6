import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { showDifferences } from '../change/show.js';
import { accountFlag, allAccountsFlag, operatorFlag, storeFlags } from '../flags.js';
import { startProgress } from '../output/progress.js';
import { safeText } from '../output/safe-text.js';
import { type DiffReport, type DiffRow, diff } from '../sync/diff.js';
import { remoteFlags } from '../sync/flags.js';
import { remoteOptions } from '../sync/remote-options.js';

export default class Diff extends NatsctlCommand {
  static override description =
    'Compare the local accounts with those of the service or of the servers, claim by claim: `-` is there, `+` is here.\nEnds with 0 where all are the same and with 1 where something differs, as diff does.';
  static override examples = [
    '<%= config.bin %> diff',
    '<%= config.bin %> diff orders --against nats',
    '<%= config.bin %> diff --against https://jwt.acme.example --json',
  ];
  static override strict = false;
  static override args = { account: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...allAccountsFlag,
    ...remoteFlags,
    against: Flags.string({
      description:
        "`service` or `nats`, at the operator's address of that form, or a URL. Default: the operator's account server URL.",
      helpValue: 'WHAT',
      exclusive: ['service'],
      env: 'NATSCTL_AGAINST',
    }),
  };

  async run(): Promise<DiffReport> {
    const { argv, flags } = await this.parse(Diff);
    const named = [...(argv as string[]), ...(flags.account === undefined ? [] : [flags.account])];
    const report = await diff(
      await this.workspace(flags),
      { ...remoteOptions(flags), service: flags.against ?? flags.service, accounts: named },
      (total) => startProgress('comparing', total, this.jsonEnabled() ? null : process.stderr),
    );
    for (const row of report.accounts) if (row.state !== 'same' || row.behind > 0) this.print(text(row));
    const differing = report.accounts.filter((row) => row.state !== 'same' || row.behind > 0).length;
    if (!this.jsonEnabled()) this.note(`${differing} of ${report.accounts.length} accounts differ from ${report.url}`);
    if (!report.same) process.exitCode = 1;
    return report;
  }
}

const STATES = {
  same: 'same',
  different: 'differs',
  'only-here': 'only here',
  'only-there': 'only there',
  unreadable: 'cannot be read',
};

function text({ name, account, state, differences, message, hint }: DiffRow): string {
  const key = account === null || account === name ? '' : ` (${account})`;
  const head = `${name}${key}: ${STATES[state]}${message === '' ? '' : `: ${message}`}`;
  const whole = state === 'only-here' || state === 'only-there';
  return `${safeText(head)}\n${whole ? '' : showDifferences(differences)}${hint === '' ? '' : `  ${safeText(hint)}\n`}`;
}
