import path from 'node:path';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { chooseKeys } from '../../keys/choose.js';
import { choiceFlags, choiceOf } from '../../keys/flags.js';
import { exportKeys } from '../../keys/transfer.js';
import { table } from '../../output/table.js';
import { required } from '../../prompt.js';

export default class KeysExport extends NatsctlCommand {
  static override description =
    'Write seeds of the keystore into a folder, a private file each, in plain text.\nWhoever has them is the operator, account or user.';
  static override hiddenAliases = ['export:keys'];
  static override examples = [
    '<%= config.bin %> keys export ./backup',
    '<%= config.bin %> keys export ./vault --kind operator --remove',
  ];
  static override args = { dir: Args.string({ description: 'Folder to write to; made where it is not there.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...choiceFlags,
    ...dryRunFlag,
    dir: Flags.string({ char: 'd', description: 'Folder, as nsc names it.', hidden: true, env: 'NATSCTL_DIR' }),
    force: Flags.boolean({ char: 'F', description: 'Replace files that exist.', env: 'NATSCTL_FORCE' }),
    remove: Flags.boolean({
      char: 'R',
      description: 'Take them out of the keystore once they are written.',
      env: 'NATSCTL_REMOVE',
    }),
    'include-jwts': Flags.boolean({
      description: 'Write the JWT of each beside its seed.',
      env: 'NATSCTL_INCLUDE_JWTS',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(KeysExport);
    const dir = path.resolve(await required(args.dir ?? flags.dir, 'DIR', 'Folder'));
    const dryRun = flags['dry-run'] === true;
    const workspace = await this.workspace(flags);
    const chosen = (await chooseKeys(workspace, choiceOf(flags))).filter(({ stored }) => stored);
    const keys = await exportKeys(workspace, chosen, {
      dir,
      force: flags.force,
      remove: flags.remove,
      includeJwts: flags['include-jwts'],
      dryRun,
    });
    if (keys.length > 0) {
      this.print(
        table(
          ['KEY', 'RESULT', 'FILE'],
          keys.map(({ key, result, file }) => [key, result, file]),
        ),
      );
    } else if (!this.jsonEnabled()) this.note('no such keys in the keystore');
    return { dir, dryRun, keys };
  }
}
