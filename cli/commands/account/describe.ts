import { Args } from '@oclif/core';
import { describeAccount } from '../../account/describe.js';
import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, operatorFlag, rawFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';

export default class AccountDescribe extends NatsctlCommand {
  static override description = 'Show an account: its keys, users, revocations and claims.';
  static override examples = [
    '<%= config.bin %> account describe orders',
    '<%= config.bin %> account describe orders --json',
    '<%= config.bin %> account describe orders --raw > orders.jwt',
  ];
  static override args = { name: Args.string({ description: 'Name or public key. Default: the current account.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...rawFlag };

  async run() {
    const { args, flags } = await this.parse(AccountDescribe);
    const account = await describeAccount(await this.workspace(flags), args.name ?? flags.account);
    if (flags.raw) this.print(`${account.token}\n`);
    else {
      const keys = account.signingKeys.map(({ key, role }) => (role === null ? key : `${key} (role ${role})`));
      this.print(
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
    }
    return account;
  }
}
