import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { confirmByName } from '../../../delete/confirm.js';
import { yesFlag } from '../../../delete/flags.js';
import { safeText } from '../../../output/safe-text.js';
import { restFlags, restOptions } from '../../../rest/flags.js';
import { deleteWebhook, findWebhook } from '../../../rest/webhooks.js';

export default class ServiceWebhookDelete extends NatsctlCommand {
  static override description = 'Delete a webhook of the service, with what it was not sent yet.';
  static override hiddenAliases = ['service:webhook:rm'];
  static override examples = ['<%= config.bin %> <%= command.id %> 5f0c... --yes --token-file admin.token'];
  static override args = { id: Args.string({ description: 'Id, as `webhook list` shows it.', required: true }) };
  static override flags = { ...restFlags, ...yesFlag };

  async run() {
    const { args, flags } = await this.parse(ServiceWebhookDelete);
    const rest = await restOptions(flags);
    const { webhook, etag } = await findWebhook(rest, args.id);
    await confirmByName('webhook', webhook.name, flags.yes);
    await deleteWebhook(rest, webhook.id, etag);
    this.print(safeText(`deleted: webhook ${webhook.name} (${webhook.id})`).concat('\n'));
    return { service: rest.base, id: webhook.id, name: webhook.name, deleted: true };
  }
}
