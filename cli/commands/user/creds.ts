import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { pickUser } from '../../pick.js';
import { parseTime } from '../../time.js';
import { makeCreds, writeNewFile } from '../../user/creds.js';

export default class UserCreds extends NatsctlCommand {
  static override description =
    'Print or write the creds of a user, made from the stored JWT and key.\nThey are a secret: whoever has them is the user.';
  static override hiddenAliases = ['generate:creds'];
  static override examples = [
    '<%= config.bin %> user creds checkout --account orders --output checkout.creds',
    '<%= config.bin %> user creds deploy --account orders --expires 1h > deploy.creds',
    '<%= config.bin %> user creds checkout --account orders | kubectl create secret generic checkout --from-file=creds=/dev/stdin',
  ];
  static override args = { name: Args.string({ description: 'Name or public key of the user.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    output: Flags.string({
      char: 'f',
      description: 'File to write, private to you. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    expires: Flags.string({
      description: 'Make a fresh JWT for these creds alone, stored nowhere, that ends then: 30m, 1h, 2d, or a date.',
      helpValue: 'TIME',
      env: 'NATSCTL_EXPIRES',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { args, flags } = await this.parse(UserCreds);
    const workspace = await this.workspace(flags);
    const name = await pickUser(workspace, flags.account, args.name);
    const expires = flags.expires === undefined ? undefined : parseTime(flags.expires, workspace.now);
    const { text, ...user } = await makeCreds(workspace, { user: name, account: flags.account, expires });
    if (flags.output === undefined || flags.output === '-') {
      this.print(text);
      return { ...user, creds: null, text };
    }
    const creds = await writeNewFile(flags.output, text, flags.force);
    this.print(`${creds}\n`);
    return { ...user, creds };
  }
}
