import { NatsctlCommand } from '../base-command.js';
import { describeEnvironment, type Environment } from '../context/describe.js';
import { operatorFlag, storeFlags } from '../flags.js';
import { pairs } from '../output/table.js';

export default class Env extends NatsctlCommand {
  static override description =
    'Show where store and keys are, which operator and account are current and why, and which variables are set.';
  static override hiddenAliases = ['context:show'];
  static override examples = ['<%= config.bin %> env', '<%= config.bin %> env --json'];
  static override flags = { ...storeFlags, ...operatorFlag };

  async run(): Promise<Environment> {
    const { flags } = await this.parse(Env);
    const environment = await describeEnvironment(this.settings(flags), flags);
    this.print(
      pairs([
        ['store', environment.storeRoot],
        ['keystore', environment.keystore],
        ['context file', environment.configFile],
        ['operator', environment.operator ?? 'none chosen'],
        ['account', environment.account ?? 'none chosen'],
        ['chosen by', environment.chosenBy],
        ['operators', environment.operators.join(', ')],
        ...environment.variables.map(({ name, value }): [string, string] => [name, value ?? '(set)']),
      ]),
    );
    return environment;
  }
}
