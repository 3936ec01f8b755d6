import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { table } from '../../../output/table.js';
import { showTime } from '../../../output/time.js';
import { pageFlags, restFlags, restOptions, scopeFlags } from '../../../rest/flags.js';
import { listTokens, ROLES } from '../../../rest/tokens.js';

export default class ServiceTokenList extends NatsctlCommand {
  static override description =
    'List the access tokens of the service that one may manage; never the tokens themselves.';
  static override hiddenAliases = ['service:token:ls'];
  static override examples = [
    '<%= config.bin %> <%= command.id %> --token-file admin.token',
    '<%= config.bin %> <%= command.id %> --account orders --no-revoked --token-file admin.token --json',
  ];
  static override flags = {
    ...restFlags,
    ...pageFlags,
    ...scopeFlags,
    role: Flags.option({ description: 'Only those of this role.', options: ROLES, env: 'NATSCTL_ROLE' })(),
    revoked: Flags.boolean({
      description: 'Only those that were revoked; --no-revoked leaves them out.',
      allowNo: true,
      env: 'NATSCTL_REVOKED',
    }),
  };

  async run() {
    const { flags } = await this.parse(ServiceTokenList);
    const rest = await restOptions(flags);
    const { items, next } = await listTokens(rest, flags);
    const rows = items.map(({ name, role, operator, account, createdBy, expiresAt, lastUsedAt, revokedAt, id }) => [
      name,
      role,
      account ?? operator ?? 'the whole service',
      revokedAt === null ? showTime(expiresAt ?? 0) : 'revoked',
      showTime(lastUsedAt ?? 0),
      createdBy,
      id,
    ]);
    if (rows.length > 0) this.print(table(['NAME', 'ROLE', 'OVER', 'EXPIRES', 'LAST USED', 'MADE BY', 'ID'], rows));
    else this.note('no tokens');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, tokens: items, next };
  }
}
