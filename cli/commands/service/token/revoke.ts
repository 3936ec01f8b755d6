import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { safeText } from '../../../output/safe-text.js';
import { restFlags, restOptions } from '../../../rest/flags.js';
import { revokeToken } from '../../../rest/tokens.js';

export default class ServiceTokenRevoke extends NatsctlCommand {
  static override description = 'Revoke an access token of the service, by its id. It is refused from then on.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9f86d081... --token-file admin.token',
    '<%= config.bin %> service token list --no-revoked --token-file admin.token   # has the ids',
  ];
  static override args = { id: Args.string({ description: 'Id, as `token list` shows it.', required: true }) };
  static override flags = { ...restFlags };

  async run() {
    const { args, flags } = await this.parse(ServiceTokenRevoke);
    const rest = await restOptions(flags);
    await revokeToken(rest, args.id);
    this.print(safeText(`revoked: ${args.id}`).concat('\n'));
    return { service: rest.base, id: args.id, revoked: true };
  }
}
