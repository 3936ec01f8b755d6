import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { listImports } from '../../import/describe.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';

export default class ImportList extends NatsctlCommand {
  static override description = 'List what an account imports, and whether servers let it, as far as this store knows.';
  static override hiddenAliases = ['import:ls'];
  static override examples = ['<%= config.bin %> import list --account shop'];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag };

  async run() {
    const { flags } = await this.parse(ImportList);
    const list = await listImports(await this.workspace(flags), flags.account);
    if (list.imports.length === 0) this.note(`account ${list.account} imports nothing`);
    else {
      const rows = list.imports.map((one) => [
        one.subject,
        one.type,
        one.sourceName ?? one.source,
        one.local,
        one.activationExpires === null ? '' : showTime(one.activationExpires),
        one.verdict.state === 'refused' ? (one.verdict.code ?? 'refused') : one.verdict.state,
      ]);
      this.print(table(['SUBJECT', 'TYPE', 'FROM', 'LOCAL SUBJECT', 'ACTIVATION UNTIL', 'STATE'], rows));
    }
    return list;
  }
}
