import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Flags } from '@oclif/core';
import { startService } from '../../../service/start.js';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { readSystemCreds, storeAdoption } from '../../up/adoption.js';
import { defaultDataDir } from '../../up/data-dir.js';
import { databaseFlags, databaseUrl } from '../../up/database-flags.js';
import { serverLog } from '../../up/log.js';
import { namingPortFlag } from '../../up/port-flag-hint.js';
import { writePortsFile } from '../../up/ports-file.js';
import { dataDirFlag, hostFlag, logLevelFlag, portFlag, portsFileFlag } from '../../up/server-flags.js';
import { untilStopped } from '../../up/until-stopped.js';

export default class ServiceStart extends NatsctlCommand {
  static override summary = 'Run the service: resolver, REST API, announcements.';
  static override description =
    "Serves the operator of the data folder. A first start adopts the store's operator: its JWT, its system account and, unless " +
    '--no-signing-key, an operator signing key, which is sealed; without one the service takes only JWTs signed elsewhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir ./data',
    '<%= config.bin %> <%= command.id %> --data-dir ./data --server nats://127.0.0.1:4222',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...dataDirFlag,
    ...databaseFlags,
    ...hostFlag,
    port: portFlag('Port to listen on.', 9090, 'NATSCTL_SERVICE_PORT'),
    ...portsFileFlag,
    ...logLevelFlag,
    'signing-key': Flags.boolean({
      description: 'Seal an operator signing key of the keystore, so that the service can sign accounts.',
      default: true,
      allowNo: true,
      env: 'NATSCTL_SIGNING_KEY',
    }),
    server: Flags.string({
      description: 'NATS server to announce changes to (a system account user of the store signs in); repeatable.',
      multiple: true,
      helpValue: 'URL',
      env: 'NATSCTL_SERVER',
    }),
    creds: Flags.file({
      description: 'Creds file of a system account user for --server. Default: that of the store.',
      exists: true,
      dependsOn: ['server'],
      helpValue: 'FILE',
      env: 'NATSCTL_SYSTEM_CREDS',
    }),
  };

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(ServiceStart);
    const stopped = untilStopped();
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const logger = serverLog(flags['log-level']);
    const adoption = await storeAdoption(this.settings(flags), flags.operator, { signingKey: flags['signing-key'] });
    const url = await databaseUrl(flags);
    const where = { dataDir, ...(url !== undefined && { databaseUrl: url }), host: flags.host, port: flags.port };
    const service = await namingPortFlag('port', startService({ ...where, logger }));
    try {
      if (adoption) await service.adoptOperator(adoption.operator);
      for (const server of flags.server ?? []) {
        await service.attach({ servers: [server], creds: await readSystemCreds(adoption, flags.creds) });
      }
      await writePortsFile(flags['ports-file'], { service: service.url });
      const running = { service: service.url, dataDir, adminTokenFile: service.adminTokenFile };
      if (this.jsonEnabled()) this.logJson(running);
      else {
        this.print(`Service  ${running.service}\nToken    ${running.adminTokenFile}\nData     ${dataDir}\n`);
        if (service.firstRunToken !== undefined)
          this.print(`\nThe admin token, shown this once:\n${service.firstRunToken}\n`);
      }
      await stopped;
    } finally {
      await service.close();
    }
  }
}
