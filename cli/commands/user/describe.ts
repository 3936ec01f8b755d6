import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { pickUser } from '../../pick.js';
import { showToken, tokenFlags } from '../../token/show.js';
import { describeUser } from '../../user/describe.js';

export default class UserDescribe extends NatsctlCommand {
  static override description = 'Show a user: its key, role, state and claims.';
  static override examples = ['<%= config.bin %> user describe checkout --account orders'];
  static override args = { name: Args.string({ description: 'Name or public key of the user.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...tokenFlags };

  async run() {
    const { args, flags } = await this.parse(UserDescribe);
    const workspace = await this.workspace(flags);
    const name = await pickUser(workspace, flags.account, args.name);
    const user = await describeUser(workspace, { user: name, account: flags.account });
    const shown = await showToken('user', user, flags, () =>
      pairs([
        ['user', user.name],
        ['public key', user.publicKey],
        ['account', `${user.account} (${user.accountKey})`],
        ['issuer', user.issuer],
        ['role', user.role],
        ['bearer', user.bearer ? 'yes' : ''],
        ['tags', user.tags.join(', ')],
        ['issued', showTime(user.issuedAt)],
        ['expires', showTime(user.expires)],
        ['state', user.revoked ? 'revoked' : ''],
        ['creds', user.creds],
      ]),
    );
    return this.present(shown);
  }
}
