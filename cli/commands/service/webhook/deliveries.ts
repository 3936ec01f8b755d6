import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { table } from '../../../output/table.js';
import { showTime } from '../../../output/time.js';
import { pageFlags, restFlags, restOptions } from '../../../rest/flags.js';
import { listDeliveries, STATES } from '../../../rest/webhooks.js';

export default class ServiceWebhookDeliveries extends NatsctlCommand {
  static override description = 'List what a webhook was sent within a week and what came of it, newest first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 5f0c... --state failed --token-file admin.token',
    '<%= config.bin %> <%= command.id %> 5f0c... --token-file admin.token --json',
  ];
  static override args = { id: Args.string({ description: 'Id, as `webhook list` shows it.', required: true }) };
  static override flags = {
    ...restFlags,
    ...pageFlags,
    state: Flags.option({ description: 'Only these.', options: STATES, env: 'NATSCTL_STATE' })(),
  };

  async run() {
    const { args, flags } = await this.parse(ServiceWebhookDeliveries);
    const rest = await restOptions(flags);
    const { items, next } = await listDeliveries(rest, args.id, flags);
    const rows = items.map(({ createdAt, seq, type, state, attempts, responseStatus, error, id }) => [
      showTime(createdAt),
      String(seq),
      type,
      state,
      String(attempts),
      error ?? (responseStatus === null ? '' : String(responseStatus)),
      id,
    ]);
    if (rows.length > 0) this.print(table(['TIME', 'SEQ', 'TYPE', 'STATE', 'TRIES', 'ANSWER', 'ID'], rows));
    else this.note('nothing was sent');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, webhook: args.id, deliveries: items, next };
  }
}
