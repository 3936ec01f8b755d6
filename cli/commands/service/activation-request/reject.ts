import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { safeText } from '../../../output/safe-text.js';
import { required } from '../../../prompt.js';
import { reject } from '../../../rest/activation-requests.js';
import { restFlags, restOptions, scopeFlags } from '../../../rest/flags.js';
import { accountKey } from '../../../rest/names.js';

export default class ServiceActivationRequestReject extends NatsctlCommand {
  static override description = 'Reject a request to an account; whoever asked is told the reason.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7d1e... --account billing --reason "ask for q.eu only" --token-file billing.token',
  ];
  static override args = {
    id: Args.string({ description: 'Id, as `activation-request list` shows it.', required: true }),
  };
  static override flags = {
    ...restFlags,
    ...scopeFlags,
    reason: Flags.string({
      description: 'Told to whoever asked.',
      helpValue: 'TEXT',
      env: 'NATSCTL_REASON',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(ServiceActivationRequestReject);
    const rest = await restOptions(flags);
    const given = await required(flags.account, '--account', 'Account that exports it (name or public key)');
    const account = await accountKey(rest, given, flags.operator);
    const request = await reject(rest, { account, request: args.id }, flags.reason);
    this.print(safeText(`rejected: ${request.subject} for ${request.importer}`).concat('\n'));
    return { service: rest.base, account, request };
  }
}
