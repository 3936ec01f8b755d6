import { Args } from '@oclif/core';
import { describeAccount } from '../../account/describe.js';
import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { meantAccount } from '../../pick.js';
import { showToken, tokenFlags } from '../../token/show.js';

export default class AccountDescribe extends NatsctlCommand {
  static override description = 'Show an account: its keys, users, revocations and claims.';
  static override examples = [
    '<%= config.bin %> account describe orders',
    '<%= config.bin %> account describe orders --json',
    '<%= config.bin %> account describe orders --raw > orders.jwt',
    '<%= config.bin %> account describe orders --field nats.limits.conn',
  ];
  static override args = { name: Args.string({ description: 'Name or public key. Default: the current account.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...tokenFlags };

  async run() {
    const { args, flags } = await this.parse(AccountDescribe);
    const workspace = await this.workspace(flags);
    const account = await describeAccount(workspace, await meantAccount(workspace, args.name ?? flags.account));
    const keys = account.signingKeys.map(({ key, role }) => (role === null ? key : `${key} (role ${role})`));
    const shown = await showToken('account', account, flags, () =>
      pairs([
        ['account', account.system ? `${account.name} (system)` : account.name],
        ['public key', account.publicKey],
        ['operator', account.operator],
        ['issuer', account.issuer],
        ['signing keys', keys.join(', ')],
        ['description', account.description],
        ['tags', account.tags.join(', ')],
        ['exports', account.exports],
        ['imports', account.imports],
        ['revocations', account.revocations],
        ['issued', showTime(account.issuedAt)],
        ['expires', showTime(account.expires)],
        ['service', account.sync],
        ['users', account.users.join(', ')],
      ]),
    );
    return this.present(shown);
  }
}
