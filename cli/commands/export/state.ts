import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { exportState } from '../../state/export.js';
import { stateDocument, writeState } from '../../state/write.js';
import { writeNewFile } from '../../user/creds.js';

export default class ExportState extends NatsctlCommand {
  static override description =
    'Write the whole operator as one file to review, edit and apply: accounts, users, roles, what they share, and their limits.\nNo private key is in it. `natsctl plan FILE` says what an edit of it would change, `natsctl apply FILE` does it.';
  static override examples = [
    '<%= config.bin %> export state > org.yaml',
    '<%= config.bin %> export state --operator staging --without-keys > production.yaml',
    '<%= config.bin %> export state --output org.yaml --force',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    'without-keys': Flags.boolean({
      description: 'Name no keys: applied elsewhere, the file makes a copy with new ones.',
      env: 'NATSCTL_WITHOUT_KEYS',
    }),
    output: Flags.string({
      description: 'File to write. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { flags } = await this.parse(ExportState);
    const state = await exportState(await this.workspace(flags), { withoutKeys: flags['without-keys'] });
    if (flags.output === undefined) {
      if (this.jsonEnabled()) return { operator: state.name, file: null, state: stateDocument(state) };
      this.print(writeState(state));
      return null;
    }
    const file = await writeNewFile(flags.output, writeState(state), flags.force);
    if (!this.jsonEnabled()) this.note(`wrote ${file}`);
    return { operator: state.name, file, state: stateDocument(state) };
  }
}
