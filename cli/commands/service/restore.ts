import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Args } from '@oclif/core';
import { restoreDatabase } from '../../../service/store/backup.js';
import { NatsctlCommand } from '../../base-command.js';
import { safeText } from '../../output/safe-text.js';
import { defaultDataDir } from '../../up/data-dir.js';
import { dataDirFlag } from '../../up/server-flags.js';

export default class ServiceRestore extends NatsctlCommand {
  static override summary = "Put a backup of the service's database into an empty data folder.";
  static override description =
    'The backup is checked for damage first. It does not hold the master key: put master.key into the folder before or after, or ' +
    'give the key by NATSCTL_MASTER_KEY when the service starts. The first start makes a new admin token.';
  static override examples = ['<%= config.bin %> <%= command.id %> ./natsctl-2030-01-31.db --data-dir ./data'];
  static override args = { file: Args.string({ description: 'File of `service backup`.', required: true }) };
  static override flags = dataDirFlag;

  async run(): Promise<{ file: string; dataDir: string }> {
    const { args, flags } = await this.parse(ServiceRestore);
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const file = path.resolve(args.file);
    await restoreDatabase(file, dataDir);
    this.print(safeText(`${dataDir}: restored from ${file}`).concat('\n'));
    return { file, dataDir };
  }
}
