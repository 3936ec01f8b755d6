import { Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { storeFlags } from '../../flags.js';
import { type Migration, migrateKeystore } from '../../keys/migrate.js';
import { table } from '../../output/table.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysMigrate extends NatsctlCommand {
  static override description =
    'Bring a keystore of an nsc before 2019 into the layout of today. The old folders are kept beside it.';
  static override examples = ['<%= config.bin %> keys migrate --dry-run', '<%= config.bin %> keys migrate'];
  static override flags = {
    ...storeFlags,
    'dry-run': Flags.boolean({
      description: 'Show where each file would go, and write nothing.',
      env: 'NATSCTL_DRY_RUN',
    }),
  };

  async run(): Promise<Migration> {
    const { flags } = await this.parse(KeysMigrate);
    const stamp = new Date(currentTime() * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
    const options = { dryRun: flags['dry-run'] === true, stamp };
    const done = await migrateKeystore(resolvePaths(this.settings(flags)), options);
    const rows = [...done.keys, ...done.creds].map(({ from, to }) => [from, to]);
    if (rows.length > 0) this.print(table(['FROM', 'TO'], rows));
    if (!this.jsonEnabled()) {
      if (done.kept === null) this.note(`${done.keystore} has the layout of today: nothing to migrate`);
      else if (!done.dryRun) this.note(`the old folders are in ${done.kept}: remove them once all works`);
    }
    return done;
  }
}
