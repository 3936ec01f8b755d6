import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Args } from '@oclif/core';
import { backupDatabase } from '../../../service/store/backup.js';
import { NatsctlCommand } from '../../base-command.js';
import { usageError } from '../../errors.js';
import { safeText } from '../../output/safe-text.js';
import { defaultDataDir } from '../../up/data-dir.js';
import { databaseFlags, databaseUrl } from '../../up/database-flags.js';
import { dataDirFlag } from '../../up/server-flags.js';

export default class ServiceBackup extends NatsctlCommand {
  static override summary = "Write the service's database into a file, while the service runs.";
  static override description =
    'The file (mode 600) holds the database as it is at one moment; keys in it are sealed. It does not hold the master key ' +
    '(master.key): keep that elsewhere, since a backup without it signs nothing. Of a PostgreSQL database, `pg_dump` makes the backup.';
  static override examples = ['<%= config.bin %> <%= command.id %> --data-dir ./data ./natsctl-2030-01-31.db'];
  static override args = { file: Args.string({ description: 'File to write; it must not exist.', required: true }) };
  static override flags = { ...dataDirFlag, ...databaseFlags };

  async run(): Promise<{ file: string; dataDir: string; bytes: number }> {
    const { args, flags } = await this.parse(ServiceBackup);
    if ((await databaseUrl(flags)) !== undefined) {
      throw usageError('this service keeps its data in PostgreSQL', 'back it up with `pg_dump --format=custom`');
    }
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const file = path.resolve(args.file);
    const bytes = await backupDatabase(dataDir, file);
    this.print(safeText(`${file}: ${bytes} bytes`).concat('\n'));
    if (!this.jsonEnabled()) this.note('The master key is not in it: keep master.key, or what gives it, elsewhere.');
    return { file, dataDir, bytes };
  }
}
