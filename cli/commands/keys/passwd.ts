import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { storeFlags } from '../../flags.js';
import { changePassphrase } from '../../keys/encrypt.js';
import { passphraseFileFlag } from '../../sealed/flags.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysPasswd extends NatsctlCommand {
  static override description =
    'Give an encrypted keystore another passphrase. No seed is written anew; whoever has a copy of the keystore and the passphrase before ' +
    'can still open that copy.';
  static override examples = [
    '<%= config.bin %> keys passwd',
    '<%= config.bin %> keys passwd --passphrase-file old --new-passphrase-file new',
  ];
  static override flags = {
    ...storeFlags,
    ...passphraseFileFlag,
    'new-passphrase-file': Flags.string({
      description: 'Private file (mode 600) whose first line is the new passphrase. Default: a question.',
      helpValue: 'FILE',
      env: 'NATSCTL_NEW_PASSPHRASE_FILE',
    }),
    'dry-run': Flags.boolean({ description: 'Try both passphrases and write nothing.', env: 'NATSCTL_DRY_RUN' }),
  };

  async run() {
    const { flags } = await this.parse(KeysPasswd);
    const done = await changePassphrase(resolvePaths(this.settings(flags)), {
      passphraseFile: flags['passphrase-file'],
      newFile: flags['new-passphrase-file'],
      dryRun: flags['dry-run'] === true,
    });
    this.print(`the passphrase of ${done.keystore} ${done.dryRun ? 'would be' : 'is'} changed\n`);
    return done;
  }
}
