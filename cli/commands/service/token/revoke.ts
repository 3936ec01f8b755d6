import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { safeText } from '../../../output/safe-text.js';
import { restFlags, restOptions } from '../../../rest/flags.js';
import { revokeToken } from '../../../rest/tokens.js';

export default class ServiceTokenRevoke extends NatsctlCommand {
  static override description =
    'Revoke an access token of the service, by its id. It is refused from then on.\nTokens that were made with it stay good, and are named, unless --descendants takes them along.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9f86d081... --token-file admin.token',
    '<%= config.bin %> <%= command.id %> 9f86d081... --descendants --token-file admin.token   # one that leaked',
    '<%= config.bin %> service token list --no-revoked --token-file admin.token   # has the ids',
  ];
  static override args = { id: Args.string({ description: 'Id, as `token list` shows it.', required: true }) };
  static override flags = {
    ...restFlags,
    descendants: Flags.boolean({
      description: 'Also what was made with it, with what was made with that, and so on.',
      env: 'NATSCTL_DESCENDANTS',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(ServiceTokenRevoke);
    const rest = await restOptions(flags);
    const { alsoRevoked, inForce } = await revokeToken(rest, args.id, { descendants: flags.descendants });
    this.print(safeText(`revoked: ${args.id}`).concat('\n'));
    for (const { id, name } of alsoRevoked) this.print(safeText(`revoked: ${id} (${name})`).concat('\n'));
    for (const { id, name } of inForce) this.note(safeText(`made with it, and still good: ${id} (${name})`));
    if (inForce.length > 0) this.note('the same command with --descendants revokes them too');
    return { service: rest.base, id: args.id, revoked: true, alsoRevoked, inForce };
  }
}
