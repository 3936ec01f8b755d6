import { NatsctlCommand } from '../../base-command.js';
import { storeFlags } from '../../flags.js';
import { listOperators } from '../../operator/describe.js';
import { table } from '../../output/table.js';
import { resolvePaths } from '../../store/paths.js';
import { finishUnfinished } from '../../workspace.js';

export default class OperatorList extends NatsctlCommand {
  static override description = 'List the operators of the store; * marks the current one.';
  static override examples = ['<%= config.bin %> operator list', '<%= config.bin %> operator list --json'];
  static override flags = { ...storeFlags };

  async run() {
    const { flags } = await this.parse(OperatorList);
    const paths = resolvePaths(this.settings(flags));
    await finishUnfinished(paths);
    const operators = await listOperators(paths.storeRoot, paths.operator);
    if (operators.length === 0)
      this.note(`no operators in ${paths.storeRoot}: make one with \`natsctl operator create\``);
    else {
      const rows = operators.map((one) => [
        one.current ? '*' : '',
        one.name,
        one.publicKey ?? one.problem ?? '',
        String(one.accounts),
        one.managed ? 'managed' : '',
      ]);
      this.print(table(['', 'NAME', 'PUBLIC KEY', 'ACCOUNTS', ''], rows));
    }
    return { store: paths.storeRoot, operators };
  }
}
