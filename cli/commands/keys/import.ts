import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { importKeys } from '../../keys/transfer.js';
import { keystoreFlag } from '../../nkey/flags.js';
import { table } from '../../output/table.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysImport extends NatsctlCommand {
  static override description =
    'Put seeds into the keystore: every *.nk file of a folder, or files. What is there already stays as it is.';
  static override hiddenAliases = ['import:keys'];
  static override examples = [
    '<%= config.bin %> keys import ./keys --recurse',
    '<%= config.bin %> keys import account.nk --dry-run',
  ];
  static override strict = false;
  static override args = { path: Args.string({ description: 'Folders or files.' }) };
  static override flags = {
    ...keystoreFlag,
    ...dryRunFlag,
    dir: Flags.string({ char: 'd', description: 'Folder, as nsc names it.', hidden: true, env: 'NATSCTL_DIR' }),
    recurse: Flags.boolean({ char: 'R', description: 'Look into folders of the folder too.', env: 'NATSCTL_RECURSE' }),
  };

  async run() {
    const { argv, flags } = await this.parse(KeysImport);
    const given = [...(argv as string[]), ...(flags.dir === undefined ? [] : [flags.dir])];
    const sources = given.length > 0 ? given : [await required(undefined, 'PATH', 'Folder or file')];
    const { keystore } = resolvePaths(this.settings(flags));
    const options = { recurse: flags.recurse, dryRun: flags['dry-run'] === true };
    const keys = await importKeys(keystore, sources, options);
    if (keys.length > 0) {
      this.print(
        table(
          ['KEY', 'RESULT', 'FILE'],
          keys.map(({ key, result, file }) => [key, result, file]),
        ),
      );
    } else if (!this.jsonEnabled()) this.note('no *.nk files there');
    if (keys.some(({ result }) => result === 'unreadable')) process.exitCode = 1;
    return { keystore, dryRun: options.dryRun, keys };
  }
}
