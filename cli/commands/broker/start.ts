import { Flags } from '@oclif/core';
import { startBroker } from '../../../broker/start.js';
import { resolverUrls } from '../../../resolver/url.js';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, serviceFlag, storeFlags } from '../../flags.js';
import { readOperator } from '../../store/store.js';
import { chooseService } from '../../sync/service-url.js';
import { serverLog } from '../../up/log.js';
import { namingPortFlag } from '../../up/port-flag-hint.js';
import { writePortsFile } from '../../up/ports-file.js';
import { hostFlag, logLevelFlag, portFlag, portsFileFlag } from '../../up/server-flags.js';
import { untilStopped } from '../../up/until-stopped.js';

export default class BrokerStart extends NatsctlCommand {
  static override summary = 'Run the broker: the NATS protocol, enforcing account JWTs that the service resolves.';
  static override description =
    "Trusts the store's operator. Account JWTs are fetched from the service when a client connects, verified, and kept up to date " +
    'by announcements on the system account.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --service http://127.0.0.1:9090 --port -1 --ports-file ./ports.json',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...serviceFlag,
    ...hostFlag,
    port: portFlag('Port to listen on.', 4222, 'NATSCTL_BROKER_PORT'),
    name: Flags.string({ char: 'n', description: 'Name of the server. Default: its id.', env: 'NATSCTL_SERVER_NAME' }),
    ...portsFileFlag,
    ...logLevelFlag,
  };

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(BrokerStart);
    const stopped = untilStopped();
    const workspace = await this.workspace(flags);
    const operator = await readOperator(workspace.store);
    const service = chooseService(flags.service, operator.claims);
    const starting = startBroker({
      host: flags.host,
      port: flags.port,
      ...(flags.name !== undefined && { serverName: flags.name }),
      operators: [operator.token],
      resolver: { url: resolverUrls(service).accounts.href },
      logger: serverLog(flags['log-level']),
    });
    const broker = await namingPortFlag('port', starting);
    try {
      await writePortsFile(flags['ports-file'], { broker: broker.url });
      const running = { broker: broker.url, serverId: broker.serverId, service };
      if (this.jsonEnabled()) this.logJson(running);
      else this.print(`Broker   ${running.broker}\nServer   ${running.serverId}\nService  ${service}\n`);
      await stopped;
    } finally {
      await broker.close();
    }
  }
}
