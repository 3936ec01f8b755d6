import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { clientFlags } from '../../client/flags.js';
import { type NatsContext, writeNatsContext } from '../../context/nats-cli.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { required } from '../../prompt.js';

export default class ContextNats extends NatsctlCommand {
  static override description = 'Write a context of the `nats` CLI that connects as a user of the store.';
  static override hiddenAliases = ['generate:context'];
  static override examples = [
    '<%= config.bin %> context nats orders --user checkout --account orders',
    'nats --context orders pub orders.new hello',
  ];
  static override args = { name: Args.string({ description: 'Name of the context.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    user: clientFlags.user,
    context: Flags.string({ hidden: true, description: 'The name, as nsc has it.', env: 'NATSCTL_CONTEXT' }),
    url: Flags.string({
      description: "Server to connect to. Default: the operator's first service URL.",
      helpValue: 'URL',
      env: 'NATSCTL_URL',
    }),
    nsc: Flags.boolean({
      description: 'Also write the nsc:// address that nsc writes; the `nats` CLI then needs nsc on the PATH.',
      env: 'NATSCTL_NSC',
    }),
    force: Flags.boolean({ description: 'Replace a context of this name.', env: 'NATSCTL_FORCE' }),
  };

  async run(): Promise<NatsContext> {
    const { args, flags } = await this.parse(ContextNats);
    const name = await required(args.name ?? flags.context, 'NAME', 'Name of the context');
    const context = await writeNatsContext(await this.workspace(flags), this.settings(flags), { ...flags, name });
    this.print(
      pairs([
        ['context', context.name],
        ['user', context.user],
        ['account', context.account],
        ['server', context.url],
        ['file', context.file],
      ]),
    );
    return context;
  }
}
