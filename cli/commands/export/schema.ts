import { NatsctlCommand } from '../../base-command.js';
import { stateSchema } from '../../state/json-schema.js';

export default class ExportSchema extends NatsctlCommand {
  static override description =
    'Print the JSON Schema of state files, with which editors complete and check them.\nIn an editor with a YAML language server, begin the file with: # yaml-language-server: $schema=state.schema.json';
  static override examples = ['<%= config.bin %> export schema > state.schema.json'];

  async run() {
    await this.parse(ExportSchema);
    const schema = stateSchema();
    this.print(`${JSON.stringify(schema, null, 2)}\n`);
    return schema;
  }
}
