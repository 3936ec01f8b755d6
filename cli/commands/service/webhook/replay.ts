import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { usageError } from '../../../errors.js';
import { safeText } from '../../../output/safe-text.js';
import { restFlags, restOptions } from '../../../rest/flags.js';
import { replay } from '../../../rest/webhooks.js';

export default class ServiceWebhookReplay extends NatsctlCommand {
  static override description =
    'Send events to a webhook again, under the ids they had: one of them, or all after a number.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 5f0c... msg_2b1a... --token-file admin.token',
    '<%= config.bin %> <%= command.id %> 5f0c... --after-seq 1200 --token-file admin.token',
  ];
  static override args = {
    id: Args.string({ description: 'Id of the webhook, as `webhook list` shows it.', required: true }),
    delivery: Args.string({ description: 'Id of the delivery, as `webhook deliveries` shows it.' }),
  };
  static override flags = {
    ...restFlags,
    'after-seq': Flags.integer({
      description: 'All events after the one of this number.',
      helpValue: 'SEQ',
      min: 0,
      env: 'NATSCTL_AFTER_SEQ',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(ServiceWebhookReplay);
    const { delivery } = args;
    const after = flags['after-seq'];
    if ((delivery === undefined) === (after === undefined)) {
      throw usageError('either a delivery or --after-seq is needed', '`webhook deliveries` shows both');
    }
    const rest = await restOptions(flags);
    await replay(rest, args.id, delivery === undefined ? { after: after ?? 0 } : { delivery });
    const what = delivery === undefined ? `all events after ${after}` : delivery;
    this.print(safeText(`will be sent again: ${what}`).concat('\n'));
    return { service: rest.base, webhook: args.id, delivery: delivery ?? null, afterSeq: after ?? null };
  }
}
