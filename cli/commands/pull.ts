import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { dryRunFlag, showDifferences } from '../change/show.js';
import { yesFlag } from '../delete/flags.js';
import { usageError } from '../errors.js';
import { accountFlag, allAccountsFlag, operatorFlag, storeFlags } from '../flags.js';
import { startProgress } from '../output/progress.js';
import { safeText } from '../output/safe-text.js';
import { table } from '../output/table.js';
import { showTime } from '../output/time.js';
import { canAsk } from '../prompt.js';
import { confirmRemoval } from '../sync/confirm.js';
import { remoteFlags } from '../sync/flags.js';
import { needsAttention, type PullReport, pull } from '../sync/pull.js';
import { remoteOptions } from '../sync/remote-options.js';

export default class Pull extends NatsctlCommand {
  static override description =
    'Bring what changed on the service, or in the full resolvers of nats-servers, into the local store.\nWhere both changed, the changes are merged and signed again. Servers tell which accounts they have: those that are new here are added.';
  static override examples = [
    '<%= config.bin %> pull',
    '<%= config.bin %> pull orders --theirs',
    '<%= config.bin %> pull ADPZ...   # an account this store does not have yet',
    '<%= config.bin %> pull --service nats://n1.acme.example --prune --dry-run',
  ];
  static override strict = false;
  static override args = { account: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...allAccountsFlag,
    ...remoteFlags,
    ...dryRunFlag,
    ...yesFlag,
    ours: Flags.boolean({
      description: 'Where the same thing was changed on both sides, keep the local one.',
      exclusive: ['theirs'],
      env: 'NATSCTL_OURS',
    }),
    theirs: Flags.boolean({
      description: "Where the same thing was changed on both sides, take the service's.",
      exclusive: ['ours'],
      env: 'NATSCTL_THEIRS',
    }),
    force: Flags.boolean({
      char: 'F',
      aliases: ['overwrite-newer'],
      description:
        'Take what is held there as it is, also where this store has something newer: local changes are lost.',
      exclusive: ['ours', 'theirs'],
      env: 'NATSCTL_FORCE',
    }),
    prune: Flags.boolean({
      char: 'P',
      aliases: ['prune-local'],
      description: 'Then delete local accounts that were held there once and are gone. Their private keys stay.',
      env: 'NATSCTL_PRUNE',
    }),
  };

  async run(): Promise<PullReport> {
    const { argv, flags } = await this.parse(Pull);
    const named = [...(argv as string[]), ...(flags.account === undefined ? [] : [flags.account])];
    const prefer = flags.ours ? 'ours' : flags.theirs ? 'theirs' : undefined;
    if (flags.prune && !flags.yes && !flags['dry-run'] && !canAsk()) {
      throw usageError('--prune needs --yes where nobody can be asked', 'look at it first with --dry-run');
    }
    const report = await pull(
      await this.workspace(flags),
      {
        ...remoteOptions(flags),
        accounts: named,
        prefer,
        force: flags.force,
        dryRun: flags['dry-run'],
        ...(flags.prune && { prune: { confirm: (accounts) => confirmRemoval('here', accounts, flags.yes) } }),
      },
      (total) => startProgress('pulling', total, this.jsonEnabled() ? null : process.stderr),
    );
    const rows = report.accounts.map((row) => [row.name, row.account ?? '', word(row.result, report.dryRun)]);
    if (rows.length > 0) this.print(table(['NAME', 'PUBLIC KEY', 'RESULT'], rows));
    for (const { name, differences = [] } of report.accounts) {
      if (differences.length > 0) this.print(`${safeText(name)}:\n${showDifferences(differences)}`);
    }
    if (!this.jsonEnabled()) this.explain(report);
    if (needsAttention(report)) process.exitCode = 1;
    return report;
  }

  private explain(report: PullReport): void {
    if (report.operator.message !== undefined) this.note(`operator: ${report.operator.message}`);
    for (const row of report.accounts) {
      for (const one of row.revoked) {
        this.note(`${row.name}: ${one.name ?? one.user} was revoked (JWTs issued until ${showTime(one.revokedAt)})`);
      }
      if (row.message === undefined) continue;
      const code = row.code === undefined ? '' : ` [${safeText(row.code)}]`;
      const hint = row.hint === undefined ? '' : `\n  ${safeText(row.hint)}`;
      process.stderr.write(`${safeText(row.name)}: ${safeText(row.message)}${code}${hint}\n`);
    }
  }
}

/** What happened, or for a dry run what would. */
function word(result: string, dryRun: boolean): string {
  return dryRun && ['updated', 'added', 'merged', 'pruned'].includes(result) ? `would be ${result}` : result;
}
