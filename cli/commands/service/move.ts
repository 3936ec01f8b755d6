import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Flags } from '@oclif/core';
import { type MovedTable, moveFromPostgres, moveToPostgres } from '../../../service/store/move.js';
import { NatsctlCommand } from '../../base-command.js';
import { usageError } from '../../errors.js';
import { defaultDataDir } from '../../up/data-dir.js';
import { dataDirFlag } from '../../up/server-flags.js';

export default class ServiceMove extends NatsctlCommand {
  static override summary = "Copy the service's database to PostgreSQL, or back into a file.";
  static override description =
    'The service must be stopped. Every table is copied in one transaction into an empty database and read again there, and the audit ' +
    'is verified on both ends: it arrives whole or not at all, and where it came from stays as it is. The master key stays in the data folder (or where you keep it).';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir ./data --to postgres://natsctl@127.0.0.1/natsctl',
    '<%= config.bin %> <%= command.id %> --data-dir ./back --from postgres://natsctl@127.0.0.1/natsctl',
  ];
  static override flags = {
    ...dataDirFlag,
    to: Flags.string({
      description:
        'PostgreSQL database to copy to. Its password is better kept in the variable, PGPASSWORD or ~/.pgpass.',
      helpValue: 'URL',
      env: 'NATSCTL_MOVE_TO',
    }),
    from: Flags.string({
      description: 'PostgreSQL database to copy from, into a data folder without a database.',
      helpValue: 'URL',
      env: 'NATSCTL_MOVE_FROM',
    }),
  };

  async run(): Promise<{ to: string; dataDir: string; tables: MovedTable[] }> {
    const { flags } = await this.parse(ServiceMove);
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const url = flags.to ?? flags.from;
    if (!url || (flags.to && flags.from)) throw usageError('a move has one direction', 'give either --to or --from');
    const back = flags.to === undefined;
    const tables = back ? await moveFromPostgres(url, dataDir) : await moveToPostgres(dataDir, url);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    this.print(`${rows} rows of ${tables.length} tables copied and compared, the audit verified on both ends\n`);
    if (!this.jsonEnabled()) {
      this.note(
        back
          ? 'Start the service without --database-url from now on; the PostgreSQL database was left as it is.'
          : `Start the service with --database-url from now on; natsctl.db in ${dataDir} was left as it is.`,
      );
    }
    return { to: back ? 'libsql' : 'postgres', dataDir, tables };
  }
}
