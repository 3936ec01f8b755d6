import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, namesFlag, operatorFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { listUserSummaries } from '../../user/describe.js';

export default class UserList extends NatsctlCommand {
  static override description = 'List the users of an account.';
  static override examples = ['<%= config.bin %> user list --account orders'];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...namesFlag };

  async run() {
    const { flags } = await this.parse(UserList);
    const list = await listUserSummaries(await this.workspace(flags), flags.account);
    if (list.users.length === 0) this.note(`account ${list.account} has no users`);
    else if (flags.names) this.print(list.users.map(({ name }) => `${safeText(name)}\n`).join(''));
    else {
      const rows = list.users.map((one) => [
        one.name,
        one.publicKey ?? one.problem ?? '',
        one.role ?? '',
        showTime(one.expires),
        one.revoked ? 'revoked' : '',
      ]);
      this.print(table(['NAME', 'PUBLIC KEY', 'ROLE', 'EXPIRES', 'STATE'], rows));
    }
    return list;
  }
}
