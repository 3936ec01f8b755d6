import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { listOf, operatorFlag, serviceFlag, storeFlags } from '../../flags.js';
import { requiredChoice } from '../../prompt.js';
import { generateConfig, type ResolverKind } from '../../server-config/generate.js';
import { writeNewFile } from '../../user/creds.js';

export default class ConfigGenerate extends NatsctlCommand {
  static override description =
    'Write a configuration file for nats-server that trusts this operator.\nAccounts are fetched from the service (--url), held in the file (--memory), or kept by the servers: all of them (--full), or those in use where other servers are full ones (--cache).';
  static override hiddenAliases = ['generate:config'];
  static override examples = [
    '<%= config.bin %> config generate --url --output server.conf && nats-server -c server.conf',
    '<%= config.bin %> config generate --memory > server.conf',
    '<%= config.bin %> config generate --full --allow-delete --dir /var/lib/nats/jwt --port 4222 --output server.conf',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...serviceFlag,
    url: Flags.boolean({
      description: 'URL resolver: each account is fetched from the service when needed.',
      exclusive: ['memory', 'full', 'cache'],
      env: 'NATSCTL_URL',
    }),
    memory: Flags.boolean({
      description: 'Memory resolver: every account as it is now, inside the file.',
      aliases: ['mem-resolver'],
      exclusive: ['url', 'full', 'cache'],
      env: 'NATSCTL_MEMORY',
    }),
    full: Flags.boolean({
      description: 'Full NATS resolver: the servers keep the accounts and take pushes over NATS.',
      aliases: ['nats-resolver'],
      exclusive: ['url', 'memory', 'cache'],
      env: 'NATSCTL_FULL',
    }),
    cache: Flags.boolean({
      description: 'Caching NATS resolver: the server keeps the accounts in use, and asks those with a full one.',
      aliases: ['nats-resolver-cache'],
      exclusive: ['url', 'memory', 'full'],
      env: 'NATSCTL_CACHE',
    }),
    'allow-delete': Flags.boolean({
      description: 'Of --full: take deletions that an operator key signed (`natsctl push --prune`, `account delete`).',
      env: 'NATSCTL_ALLOW_DELETE',
    }),
    'hard-delete': Flags.boolean({
      description: 'Of --full: then remove the file of the account, instead of renaming it to *.deleted.',
      dependsOn: ['allow-delete'],
      env: 'NATSCTL_HARD_DELETE',
    }),
    limit: Flags.integer({
      description: 'Most accounts to keep. Default: all of them with --full, 1000 with --cache.',
      helpValue: 'N',
      min: 1,
      env: 'NATSCTL_LIMIT',
    }),
    ttl: Flags.string({
      description: 'Of --cache: how long an account is kept. Default: 1h.',
      helpValue: 'TIME',
      env: 'NATSCTL_TTL',
    }),
    interval: Flags.string({
      description: 'Of --full: how often the servers compare what they have. Default: 2m.',
      helpValue: 'TIME',
      env: 'NATSCTL_INTERVAL',
    }),
    timeout: Flags.string({
      description: 'Of --full and --cache: how long to wait for an account from another server. Default: 1.9s.',
      helpValue: 'TIME',
      env: 'NATSCTL_TIMEOUT',
    }),
    'pinned-account': Flags.string({
      description: 'Let clients into these accounts only (and the system account), by name or public key; repeatable.',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      env: 'NATSCTL_PINNED_ACCOUNT',
    }),
    'default-sentinel': Flags.string({
      description: 'JWT or creds of a bearer user, that clients without a JWT are (auth callout; nats-server 2.11).',
      helpValue: 'FILE',
      env: 'NATSCTL_DEFAULT_SENTINEL',
    }),
    'server-name': Flags.string({ description: 'Name of the server.', helpValue: 'NAME', env: 'NATSCTL_SERVER_NAME' }),
    host: Flags.string({ description: 'Address to listen on.', helpValue: 'ADDRESS', env: 'NATSCTL_HOST' }),
    port: Flags.integer({
      description: 'Port for clients. -1 = any free one.',
      helpValue: 'PORT',
      min: -1,
      max: 65_535,
      env: 'NATSCTL_PORT',
    }),
    'http-port': Flags.integer({
      description: 'Port of the monitoring. Default: none.',
      helpValue: 'PORT',
      min: -1,
      max: 65_535,
      env: 'NATSCTL_HTTP_PORT',
    }),
    dir: Flags.string({
      description: 'Folder of the full or caching resolver.',
      default: './jwt',
      helpValue: 'DIR',
      env: 'NATSCTL_DIR',
    }),
    'system-account': Flags.string({
      aliases: ['sys-account'],
      description: "System account, by name or public key. Default: the operator's.",
      helpValue: 'NAME',
      env: 'NATSCTL_SYSTEM_ACCOUNT',
    }),
    output: Flags.string({
      char: 'f',
      aliases: ['config-file'],
      description: 'File to write. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ char: 'F', description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { flags } = await this.parse(ConfigGenerate);
    const kinds = ['url', 'memory', 'full', 'cache'] as const;
    const given = kinds.find((kind) => flags[kind]);
    const what = '--url, --memory, --full or --cache';
    const resolver = await requiredChoice(given, what, 'Where do accounts come from', [...kinds]);
    const { text, ...config } = await generateConfig(await this.workspace(flags), {
      resolver: resolver as ResolverKind,
      service: flags.service,
      systemAccount: flags['system-account'],
      jwtDir: flags.dir,
      allowDelete: flags['allow-delete'],
      hardDelete: flags['hard-delete'],
      limit: flags.limit,
      ttl: flags.ttl,
      interval: flags.interval,
      timeout: flags.timeout,
      pinned: listOf(flags['pinned-account']),
      sentinel: flags['default-sentinel'],
      serverName: flags['server-name'],
      host: flags.host,
      port: flags.port,
      httpPort: flags['http-port'],
    });
    for (const { name, reason } of config.leftOut) this.note(`left out: account ${name}: ${reason}`);
    if (flags.output === undefined || flags.output === '-' || flags.output === '--') {
      this.print(text);
      return { ...config, file: null, text };
    }
    const file = await writeNewFile(flags.output, text, flags.force);
    this.print(`${file}\n`);
    return { ...config, file };
  }
}
