import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Flags } from '@oclif/core';
import type { RunningBroker } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { fetchAccount } from '../../resolver/http.js';
import { resolverUrls } from '../../resolver/url.js';
import { type RunningService, startService } from '../../service/start.js';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { type EnsureLocalOptions, ensureLocal, LOCAL_OPERATOR, type LocalEntities } from '../bootstrap.js';
import { storeFlags } from '../flags.js';
import { readContextFile } from '../store/context.js';
import { resolvePaths } from '../store/paths.js';
import { commandWord } from '../up/command-word.js';
import { defaultDataDir } from '../up/data-dir.js';
import { serverLog } from '../up/log.js';
import { panel } from '../up/panel.js';
import { namingPortFlag } from '../up/port-flag-hint.js';
import { writePortsFile } from '../up/ports-file.js';
import { recordAdopted } from '../up/record-adopted.js';
import { dataDirFlag, hostFlag, logLevelFlag, portFlag, portsFileFlag } from '../up/server-flags.js';
import { untilStopped } from '../up/until-stopped.js';

export default class Up extends NatsctlCommand {
  static override summary = 'Run the service and the broker in one process.';
  static override description =
    'The first run makes an operator with its signing key and system account, an account and a user; later runs find them. ' +
    'Data stays in one folder; no other server is needed. Ctrl-C stops it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --data-dir ./data --broker-port -1 --service-port -1 --ports-file ./ports.json',
  ];
  static override flags = {
    ...storeFlags,
    ...dataDirFlag,
    ...hostFlag,
    'broker-port': portFlag('Port of the broker.', 4222, 'NATSCTL_BROKER_PORT'),
    'service-port': portFlag('Port of the service.', 9090, 'NATSCTL_SERVICE_PORT'),
    ...portsFileFlag,
    ...logLevelFlag,
    operator: Flags.string({
      char: 'o',
      description: 'Operator to serve; made where the store has none of this name.',
      default: LOCAL_OPERATOR,
      helpValue: 'NAME',
      env: 'NATSCTL_UP_OPERATOR',
    }),
  };

  /** The document is printed when all is ready, not when the servers have stopped. */
  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Up);
    const stopped = untilStopped();
    const paths = resolvePaths(this.settings(flags));
    const dataDir = path.resolve(flags['data-dir'] ?? defaultDataDir(process.env, process.env.HOME || homedir()));
    const logger = serverLog(flags['log-level']);
    const entities = (known: Pick<EnsureLocalOptions, 'serviceUrl' | 'brokerUrl' | 'revocations'> = {}) =>
      ensureLocal({ paths, operatorName: flags.operator, now: currentTime(), ...known });

    let service: RunningService | undefined;
    let broker: RunningBroker | undefined;
    try {
      service = await namingPortFlag(
        'service-port',
        startService({ dataDir, host: flags.host, port: flags['service-port'], logger }),
      );
      const made = await entities();
      await adopt(service, made);
      broker = await namingPortFlag(
        'broker-port',
        startBroker({
          host: flags.host,
          port: flags['broker-port'],
          operators: [made.operatorToken],
          resolver: { url: resolverUrls(service.url).accounts.href },
          logger,
        }),
      );
      // Only now are both addresses known: the operator's JWT names them, so that push, pub, sub and nsc find them.
      const revocations = await revocationsOf(service.url, made.accountKey);
      const local = await entities({ serviceUrl: service.url, brokerUrl: broker.url, revocations });
      await adopt(service, local);
      const adopted = [local.systemAccountToken, local.accountToken];
      await recordAdopted(paths.storeRoot, local.operatorName, service.url, adopted);
      await service.attach({ servers: [broker.url], creds: local.systemCreds });

      await writePortsFile(flags['ports-file'], { broker: broker.url, service: service.url });
      this.show(local, service, broker, dataDir, flags);
      await stopped;
    } finally {
      // The service first: it still announces over the broker what it has just acknowledged.
      await service?.close();
      await broker?.close();
    }
  }

  private show(
    local: LocalEntities,
    service: RunningService,
    broker: RunningBroker,
    dataDir: string,
    flags: { store?: string | undefined; keystore?: string | undefined },
  ): void {
    const running = {
      broker: broker.url,
      service: service.url,
      dataDir,
      operator: local.operatorName,
      account: local.accountName,
      accountKey: local.accountKey,
      user: local.userName,
      userKey: local.userKey,
      userRevoked: local.nextUser !== null,
      credsFile: local.credsFile,
      adminTokenFile: service.adminTokenFile,
    };
    if (this.jsonEnabled()) {
      this.logJson(running);
      return;
    }
    const { configFile } = resolvePaths(this.settings(flags));
    const current = readContextFile(configFile).operator;
    const storeFlagsToRepeat = [
      ...(flags.store === undefined ? [] : ['--store', path.resolve(flags.store)]),
      ...(flags.keystore === undefined ? [] : ['--keystore', path.resolve(flags.keystore)]),
      ...(current === local.operatorName ? [] : ['--operator', local.operatorName]),
    ];
    const program = path.join(this.config.root, 'bin', 'natsctl.js');
    this.print(
      panel(
        {
          ...running,
          nextUser: local.nextUser,
          ...(service.firstRunToken !== undefined && { firstToken: service.firstRunToken }),
        },
        {
          command: commandWord(program, process.env.PATH ?? ''),
          storeFlags: storeFlagsToRepeat,
        },
      ),
    );
  }
}

/** As the service holds them: this store may not have pulled. */
async function revocationsOf(serviceUrl: string, accountKey: string): Promise<ReadonlyMap<string, number>> {
  const held = await fetchAccount(serviceUrl, accountKey);
  return held === null ? new Map() : decodeAs('account', held.token).claims.nats.revocations;
}

function adopt(service: RunningService, local: LocalEntities): Promise<void> {
  return service.adoptOperator({
    operatorToken: local.operatorToken,
    signingSeed: local.signingSeed,
    accounts: [local.systemAccountToken, local.accountToken],
  });
}
