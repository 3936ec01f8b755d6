import { NatsctlCommand } from '../../base-command.js';
import { listExports } from '../../export/describe.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { table } from '../../output/table.js';

export default class ExportList extends NatsctlCommand {
  static override description = 'List what an account exports, and which accounts of this store import it.';
  static override hiddenAliases = ['export:ls'];
  static override examples = ['<%= config.bin %> export list --account billing'];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag };

  async run() {
    const { flags } = await this.parse(ExportList);
    const list = await listExports(await this.workspace(flags), flags.account);
    if (list.exports.length === 0) this.note(`account ${list.account} exports nothing`);
    else {
      const rows = list.exports.map((one) => [
        one.subject,
        one.type,
        one.private ? 'private' : 'public',
        one.accountTokenPosition === 0 ? '' : String(one.accountTokenPosition),
        one.name,
        one.importers.join(', '),
      ]);
      this.print(table(['SUBJECT', 'TYPE', 'ACCESS', 'TOKEN POSITION', 'NAME', 'IMPORTED BY'], rows));
    }
    return list;
  }
}
