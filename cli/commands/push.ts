import { Args } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { accountFlag, allAccountsFlag, operatorFlag, serviceFlag, storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { table } from '../output/table.js';
import { hasRefusals, type PushReport, push } from '../sync/push.js';

export default class Push extends NatsctlCommand {
  static override description =
    'Bring every account that changed from the local store to the service.\nAn account that someone else changed meanwhile is refused: pull first.';
  static override examples = [
    '<%= config.bin %> push',
    '<%= config.bin %> push orders --service https://jwt.acme.example',
  ];
  static override strict = false;
  static override args = { account: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...allAccountsFlag, ...serviceFlag };

  async run(): Promise<PushReport> {
    const { argv, flags } = await this.parse(Push);
    const named = [...(argv as string[]), ...(flags.account === undefined ? [] : [flags.account])];
    const report = await push(await this.workspace(flags), { service: flags.service, accounts: named });
    const rows = report.accounts.map((row) => [row.name, row.account ?? '', row.result]);
    if (rows.length > 0) this.print(table(['NAME', 'PUBLIC KEY', 'RESULT'], rows));
    for (const row of report.accounts) {
      if (row.message === undefined || this.jsonEnabled()) continue;
      const code = row.code === undefined ? '' : ` [${safeText(row.code)}]`;
      const hint = row.hint === undefined ? '' : `\n  ${safeText(row.hint)}`;
      process.stderr.write(`${safeText(row.name)}: ${safeText(row.message)}${code}${hint}\n`);
    }
    if (hasRefusals(report)) process.exitCode = 1;
    return report;
  }
}
