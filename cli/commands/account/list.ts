import { listAccountSummaries } from '../../account/describe.js';
import { NatsctlCommand } from '../../base-command.js';
import { namesFlag, operatorFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';

export default class AccountList extends NatsctlCommand {
  static override description = 'List the accounts of the operator and whether they are pushed.';
  static override examples = ['<%= config.bin %> account list', '<%= config.bin %> account list --json'];
  static override flags = { ...storeFlags, ...operatorFlag, ...namesFlag };

  async run() {
    const { flags } = await this.parse(AccountList);
    const workspace = await this.workspace(flags);
    const accounts = await listAccountSummaries(workspace);
    if (accounts.length === 0) this.note(`operator ${workspace.store.name} has no accounts`);
    else if (flags.names) this.print(accounts.map(({ name }) => `${safeText(name)}\n`).join(''));
    else {
      const rows = accounts.map((one) => [
        one.system ? `${one.name} (system)` : one.name,
        one.publicKey ?? one.problem ?? '',
        String(one.users),
        showTime(one.expires),
        one.sync ?? '',
      ]);
      this.print(table(['NAME', 'PUBLIC KEY', 'USERS', 'EXPIRES', 'SERVICE'], rows));
    }
    return { operator: workspace.store.name, accounts };
  }
}
