import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { listMappings } from '../../mapping/change.js';
import { table } from '../../output/table.js';

export default class MappingList extends NatsctlCommand {
  static override description = 'List the mappings of an account.';
  static override hiddenAliases = ['mapping:ls', 'mapping:info'];
  static override examples = ['<%= config.bin %> mapping list --account shop'];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag };

  async run() {
    const { flags } = await this.parse(MappingList);
    const list = await listMappings(await this.workspace(flags), flags.account);
    if (list.mappings.length === 0) this.note(`account ${list.account} maps nothing`);
    else {
      const rows = list.mappings.flatMap(({ from, to }) =>
        to.map((one) => [from, one.subject, `${one.weight ?? 100} %`, one.cluster ?? '']),
      );
      this.print(table(['FROM', 'TO', 'WEIGHT', 'CLUSTER'], rows));
    }
    return list;
  }
}
