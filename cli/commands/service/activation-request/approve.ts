import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../../base-command.js';
import { usageError } from '../../../errors.js';
import { safeText } from '../../../output/safe-text.js';
import { showTime } from '../../../output/time.js';
import { required } from '../../../prompt.js';
import { approve } from '../../../rest/activation-requests.js';
import { restFlags, restOptions, scopeFlags } from '../../../rest/flags.js';
import { accountKey } from '../../../rest/names.js';
import { parseTime } from '../../../time.js';

export default class ServiceActivationRequestApprove extends NatsctlCommand {
  static override description =
    "Approve a request to an account: the service signs the activation by the account's key that it holds.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7d1e... --account billing --lifetime 90d --renew --token-file billing.token',
  ];
  static override args = {
    id: Args.string({ description: 'Id, as `activation-request list` shows it.', required: true }),
  };
  static override flags = {
    ...restFlags,
    ...scopeFlags,
    lifetime: Flags.string({
      description: "How long each token lasts: 12h 30d 1y. Default: as long as the account's own JWT.",
      helpValue: 'TIME',
      env: 'NATSCTL_LIFETIME',
    }),
    renew: Flags.boolean({ description: 'Let the service renew it before it ends.', env: 'NATSCTL_RENEW' }),
  };

  async run() {
    const { args, flags } = await this.parse(ServiceActivationRequestApprove);
    const rest = await restOptions(flags);
    const given = await required(flags.account, '--account', 'Account that exports it (name or public key)');
    const account = await accountKey(rest, given, flags.operator);
    const lifetime = flags.lifetime === undefined ? undefined : secondsOf(flags.lifetime);
    const request = await approve(rest, { account, request: args.id }, { lifetime, renew: flags.renew ?? false });
    const { subject, importer, expires, attached, notAttached } = request;
    this.print(safeText(`approved: ${subject} for ${importer}, until ${showTime(expires ?? 0)}`).concat('\n'));
    if (attached) this.note('the import has its token now');
    if (notAttached !== null) this.note(`the import does not have it: ${notAttached}`);
    return { service: rest.base, account, request };
  }
}

function secondsOf(text: string): number {
  const now = currentTime();
  const seconds = parseTime(text, now) - now;
  if (seconds > 0) return seconds;
  throw usageError(`--lifetime is no time to come: ${text}`, 'write 12h, 30d or 1y');
}
