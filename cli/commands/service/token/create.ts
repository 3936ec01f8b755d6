import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../../base-command.js';
import { expiryFlag } from '../../../flags.js';
import { safeText } from '../../../output/safe-text.js';
import { showTime } from '../../../output/time.js';
import { restFlags, restOptions, scopeFlags, secretFlags } from '../../../rest/flags.js';
import { createToken, type MadeToken, ROLES } from '../../../rest/tokens.js';
import { parseTime } from '../../../time.js';

export default class ServiceTokenCreate extends NatsctlCommand {
  static override description =
    'Make an access token of the service: for an operator with its accounts, for one account, or for all of it.\nIt is told once, and is a secret: write it to a file with --output.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ci --role issuer --account orders --expiry 90d --output ci.token --token-file admin.token',
    '<%= config.bin %> <%= command.id %> grafana --role viewer --output grafana.token --token-file admin.token',
  ];
  static override args = { name: Args.string({ description: 'Name, as the audit will show it.', required: true }) };
  static override flags = {
    ...restFlags,
    ...scopeFlags,
    ...expiryFlag,
    ...secretFlags,
    role: Flags.option({ description: 'What it may do.', options: ROLES, required: true, env: 'NATSCTL_ROLE' })(),
  };

  async run(): Promise<MadeToken> {
    const { args, flags } = await this.parse(ServiceTokenCreate);
    const expires = flags.expiry === undefined ? 0 : parseTime(flags.expiry, currentTime());
    const made = await createToken(await restOptions(flags), { ...flags, name: args.name, expires });
    const { role, account, operator } = made;
    const over = account ? `account ${account}` : operator ? `operator ${operator}` : 'the whole service';
    this.note(`${role} of ${over}, until ${showTime(expires)}; id ${made.id}`);
    this.print(`${safeText(made.file ?? made.token ?? '')}\n`);
    return made;
  }
}
