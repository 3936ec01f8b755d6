import { NatsctlCommand } from '../../base-command.js';
import { namesFlag, storeFlags } from '../../flags.js';
import { listOperators } from '../../operator/describe.js';
import { safeText } from '../../output/safe-text.js';
import { table } from '../../output/table.js';
import { resolvePaths } from '../../store/paths.js';
import { finishUnfinished } from '../../workspace.js';

export default class OperatorList extends NatsctlCommand {
  static override description = 'List the operators of the store; * marks the current one.';
  static override examples = ['<%= config.bin %> operator list', '<%= config.bin %> operator list --json'];
  static override flags = { ...storeFlags, ...namesFlag };

  async run() {
    const { flags } = await this.parse(OperatorList);
    const paths = resolvePaths(this.settings(flags));
    await finishUnfinished(paths);
    const operators = await listOperators(paths.storeRoot, paths.operator);
    if (operators.length === 0)
      this.note(`no operators in ${paths.storeRoot}: make one with \`natsctl operator create\``);
    else if (flags.names) this.print(operators.map(({ name }) => `${safeText(name)}\n`).join(''));
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
