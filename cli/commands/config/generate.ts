import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, serviceFlag, storeFlags } from '../../flags.js';
import { requiredChoice } from '../../prompt.js';
import { generateConfig, type ResolverKind } from '../../server-config/generate.js';
import { writeNewFile } from '../../user/creds.js';

export default class ConfigGenerate extends NatsctlCommand {
  static override description =
    'Write a configuration file for nats-server that trusts this operator.\nAccounts are fetched from the service (--url), held in the file (--memory), or kept by the servers (--full).';
  static override examples = [
    '<%= config.bin %> config generate --url --output server.conf && nats-server -c server.conf',
    '<%= config.bin %> config generate --memory > server.conf',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...serviceFlag,
    url: Flags.boolean({
      description: 'URL resolver: each account is fetched from the service when needed.',
      exclusive: ['memory', 'full'],
      env: 'NATSCTL_URL',
    }),
    memory: Flags.boolean({
      description: 'Memory resolver: every account as it is now, inside the file.',
      exclusive: ['url', 'full'],
      env: 'NATSCTL_MEMORY',
    }),
    full: Flags.boolean({
      description: 'Full NATS resolver: the servers keep the accounts and take pushes over NATS.',
      exclusive: ['url', 'memory'],
      env: 'NATSCTL_FULL',
    }),
    dir: Flags.string({
      description: 'Folder of the full resolver.',
      default: './jwt',
      helpValue: 'DIR',
      env: 'NATSCTL_DIR',
    }),
    'system-account': Flags.string({
      description: "System account, by name or public key. Default: the operator's.",
      helpValue: 'NAME',
      env: 'NATSCTL_SYSTEM_ACCOUNT',
    }),
    output: Flags.string({
      char: 'f',
      description: 'File to write. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ char: 'F', description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { flags } = await this.parse(ConfigGenerate);
    const given = flags.url ? 'url' : flags.memory ? 'memory' : flags.full ? 'full' : undefined;
    const kinds = ['url', 'memory', 'full'];
    const resolver = await requiredChoice(given, '--url, --memory or --full', 'Where do accounts come from', kinds);
    const { text, ...config } = await generateConfig(await this.workspace(flags), {
      resolver: resolver as ResolverKind,
      service: flags.service,
      systemAccount: flags['system-account'],
      jwtDir: flags.dir,
    });
    for (const { name, reason } of config.leftOut) this.note(`left out: account ${name}: ${reason}`);
    if (flags.output === undefined || flags.output === '-') {
      this.print(text);
      return { ...config, file: null, text };
    }
    const file = await writeNewFile(flags.output, text, flags.force);
    this.print(`${file}\n`);
    return { ...config, file };
  }
}
