import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { makeProfile } from '../../context/profile.js';
import { storeFlags } from '../../flags.js';
import { toJson } from '../../output/json.js';
import { required } from '../../prompt.js';
import { writeNewFile } from '../../user/creds.js';

export default class ContextProfile extends NatsctlCommand {
  static override description =
    'Print what a tool needs to connect as a user, from an nsc:// address: creds, servers, and names, keys or seeds where asked for.\nAs `nsc generate profile` does, which the `nats` CLI calls.';
  static override hiddenAliases = ['generate:profile'];
  static override examples = [
    '<%= config.bin %> context profile nsc://acme/orders/checkout',
    "<%= config.bin %> context profile 'nsc://acme/orders?names&keys'",
    "<%= config.bin %> context profile 'nsc://acme/orders/checkout?userSeed' --output profile.json",
  ];
  static override args = {
    address: Args.string({
      description: 'nsc://OPERATOR[/ACCOUNT[/USER]][?names&keys&seeds&operatorKey&userSeed&store=DIR&keystore=DIR].',
    }),
  };
  static override flags = {
    ...storeFlags,
    output: Flags.string({
      char: 'f',
      description: 'File to write, private to you. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { args, flags } = await this.parse(ContextProfile);
    const address = await required(args.address, 'ADDRESS', 'Address (nsc://operator/account/user)');
    const profile = await makeProfile(address, this.settings(flags));
    const text = `${toJson(profile, 2)}\n`;
    if (flags.output === undefined || flags.output === '-') {
      this.print(text);
      return { profile, file: null };
    }
    const file = await writeNewFile(flags.output, text, flags.force);
    this.print(`${file}\n`);
    return { profile, file };
  }
}
