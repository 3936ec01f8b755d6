import { NatsctlCommand } from '../../../base-command.js';
import { table } from '../../../output/table.js';
import { pageFlags, restFlags, restOptions } from '../../../rest/flags.js';
import { listWebhooks } from '../../../rest/webhooks.js';

export default class ServiceWebhookList extends NatsctlCommand {
  static override description = 'List the webhooks of the service that one may manage.';
  static override hiddenAliases = ['service:webhook:ls'];
  static override examples = ['<%= config.bin %> <%= command.id %> --token-file admin.token'];
  static override flags = { ...restFlags, ...pageFlags };

  async run() {
    const { flags } = await this.parse(ServiceWebhookList);
    const rest = await restOptions(flags);
    const { items, next } = await listWebhooks(rest, flags);
    const rows = items.map(({ name, state, disabledReason, account, operator, types, url, id }) => [
      name,
      disabledReason === null ? state : `${state} (${disabledReason})`,
      account ?? operator ?? 'the whole service',
      types.join(',') || 'all',
      url,
      id,
    ]);
    if (rows.length > 0) this.print(table(['NAME', 'STATE', 'OVER', 'TYPES', 'URL', 'ID'], rows));
    else this.note('no webhooks');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, webhooks: items, next };
  }
}
