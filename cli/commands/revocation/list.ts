import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { listRevocations } from '../../revocation/change.js';

export default class RevocationList extends NatsctlCommand {
  static override description = 'List the users that an account revokes.';
  static override hiddenAliases = ['revocation:ls', 'revocations:list-users', 'revocations:list_users'];
  static override examples = ['<%= config.bin %> revocation list --account orders'];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag };

  async run() {
    const { flags } = await this.parse(RevocationList);
    const list = await listRevocations(await this.workspace(flags), flags.account);
    if (list.revocations.length === 0) this.note(`account ${list.account} revokes nobody`);
    else {
      const rows = list.revocations.map((one) => [
        one.user === '*' ? 'every user' : (one.name ?? ''),
        one.user,
        showTime(one.revokedAt),
        one.current === false ? 'has a newer JWT' : '',
      ]);
      this.print(table(['USER', 'PUBLIC KEY', 'ISSUED UNTIL', 'STATE'], rows));
    }
    return list;
  }
}
