import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { accountFlag, allAccountsFlag, operatorFlag, serviceFlag, storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { table } from '../output/table.js';
import { showTime } from '../output/time.js';
import { needsAttention, type PullReport, pull } from '../sync/pull.js';

export default class Pull extends NatsctlCommand {
  static override description =
    'Bring what changed on the service into the local store.\nWhere both changed, the changes are merged and signed again.';
  static override examples = [
    '<%= config.bin %> pull',
    '<%= config.bin %> pull orders --theirs',
    '<%= config.bin %> pull ADPZ...   # an account this store does not have yet',
  ];
  static override strict = false;
  static override args = { account: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...allAccountsFlag,
    ...serviceFlag,
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
  };

  async run(): Promise<PullReport> {
    const { argv, flags } = await this.parse(Pull);
    const named = [...(argv as string[]), ...(flags.account === undefined ? [] : [flags.account])];
    const prefer = flags.ours ? 'ours' : flags.theirs ? 'theirs' : undefined;
    const report = await pull(await this.workspace(flags), { service: flags.service, accounts: named, prefer });
    const rows = report.accounts.map((row) => [row.name, row.account ?? '', row.result]);
    if (rows.length > 0) this.print(table(['NAME', 'PUBLIC KEY', 'RESULT'], rows));
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
