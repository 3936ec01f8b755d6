import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Flags } from '@oclif/core';
import { type RunningService, startService } from '../../../service/start.js';
import { NatsctlCommand } from '../../base-command.js';
import { withConfigFile } from '../../service/config-file.js';
import { oidcIssuers } from '../../service/oidc.js';
import { serviceOptions } from '../../service/options.js';
import { serviceSettings } from '../../service/settings.js';
import { readSystemCreds, storeAdoption } from '../../up/adoption.js';
import { defaultDataDir } from '../../up/data-dir.js';
import { databaseUrl } from '../../up/database-flags.js';
import { serverLog } from '../../up/log.js';
import { namingPortFlag } from '../../up/port-flag-hint.js';
import { writePortsFile } from '../../up/ports-file.js';
import { untilStopped } from '../../up/until-stopped.js';

export default class ServiceStart extends NatsctlCommand {
  static override summary = 'Run the service: resolver, REST API, announcements.';
  static override description =
    "Serves the operator of the data folder. A first start adopts the store's operator: its JWT, its system account and, unless " +
    '--no-signing-key, an operator signing key, which is sealed; without one the service takes only JWTs signed elsewhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir ./data',
    '<%= config.bin %> <%= command.id %> --data-dir ./data --server nats://127.0.0.1:4222',
    '<%= config.bin %> <%= command.id %> --config /etc/natsctl/service.yaml',
  ];
  static override flags = {
    ...serviceSettings,
    config: Flags.string({
      description:
        'YAML or JSON file of settings: a key for each of these flags, by its name. Flags and variables override it.',
      helpValue: 'FILE',
      env: 'NATSCTL_CONFIG',
    }),
  };

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const parsed = await this.parse(ServiceStart);
    const flags = await withConfigFile(parsed.flags.config, parsed, serviceSettings, this);
    const options = serviceOptions(flags);
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const logger = serverLog(flags['log-level'], { file: flags['log-file'] });
    let service: RunningService | undefined;
    const readOidc = async () =>
      oidcIssuers((await withConfigFile(parsed.flags.config, parsed, serviceSettings, this)).oidc);
    // What came by stdin is not there a second time.
    const isOidcFile = flags.oidc !== undefined && flags.oidc !== '-' && parsed.flags.config !== '-';
    const stopped = untilStopped(() => {
      void service?.reload();
      if (isOidcFile) void service?.reloadOidc(readOidc);
      return logger.reopen() || options.tls !== undefined || isOidcFile;
    });
    const adoption = await storeAdoption(this.settings(flags), flags.operator, { signingKey: flags['signing-key'] });
    const url = await databaseUrl(flags);
    const where = { dataDir, ...(url !== undefined && { databaseUrl: url }), host: flags.host, port: flags.port };
    const oidc = await oidcIssuers(flags.oidc);
    service = await namingPortFlag('port', startService({ ...options, ...where, oidc, logger }));
    try {
      if (adoption) await service.adoptOperator(adoption.operator);
      for (const server of flags.server ?? []) {
        await service.attach({ servers: [server], creds: await readSystemCreds(adoption, flags.creds) });
      }
      await writePortsFile(flags['ports-file'], { service: service.url });
      const running = {
        service: service.url,
        dataDir,
        adminTokenFile: service.adminTokenFile,
        ...(service.metricsUrl !== undefined && { metrics: service.metricsUrl }),
      };
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
