import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { confirmByCount } from '../../delete/confirm.js';
import { yesFlag } from '../../delete/flags.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { type OrphanedKey, orphanedKeys, removeOrphaned } from '../../keys/orphaned.js';
import { table } from '../../output/table.js';
import { kindFlags, kindsOf } from '../../sealed/flags.js';

export default class KeysOrphaned extends NatsctlCommand {
  static override description =
    'List the seeds of the keystore that no operator of this store refers to, and remove them with --remove.\n' +
    'A keystore may serve other stores, and curve keys are used by hand: look before you remove.';
  static override hiddenAliases = ['keys:not-referenced'];
  static override examples = [
    '<%= config.bin %> keys orphaned',
    '<%= config.bin %> keys orphaned --kind user --remove --yes',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...kindFlags,
    remove: Flags.boolean({ description: 'Remove them from the keystore.', env: 'NATSCTL_REMOVE' }),
    ...yesFlag,
    'dry-run': Flags.boolean({
      description: 'Show what would be removed, and remove nothing.',
      env: 'NATSCTL_DRY_RUN',
    }),
  };

  async run() {
    const { flags } = await this.parse(KeysOrphaned);
    const workspace = await this.workspace(flags);
    const found = await orphanedKeys(workspace, kindsOf(flags));
    this.print(
      found.length > 0
        ? table(
            ['KIND', 'KEY'],
            found.map(({ kind, key }) => [kind, key]),
          )
        : '',
    );
    if (found.length === 0 && !this.jsonEnabled()) this.note('no orphaned keys');
    const dryRun = flags['dry-run'] === true;
    let keys: OrphanedKey[] = found;
    if (flags.remove && !dryRun && found.length > 0) {
      const seeds = `${found.length} seed${found.length === 1 ? '' : 's'}`;
      await confirmByCount(found.length, `${seeds} from the keystore`, flags.yes);
      keys = await removeOrphaned(workspace, found);
      this.print(`${keys.filter(({ removed }) => removed).length} seeds are removed\n`);
    }
    return { keystore: workspace.keystore, dryRun, keys };
  }
}
