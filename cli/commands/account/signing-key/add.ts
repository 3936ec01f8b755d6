import { Flags } from '@oclif/core';
import { addAccountSigningKey, type ChangedSigningKey } from '../../../account/signing-keys.js';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { pairs } from '../../../output/table.js';
import { withResponseCount } from '../../../permission/flags.js';
import { limitEdit, limitFlags } from '../../../user/limit-flags.js';

export default class AccountSigningKeyAdd extends NatsctlCommand {
  static override description =
    'Give an account another key to sign users with: a plain one, or one of a role.\nA role says what its users may do; subjects may hold {{name()}}, {{subject()}}, {{tag(key)}}, {{account-name()}}, {{account-subject()}}, {{account-tag(key)}}.';
  static override examples = [
    '<%= config.bin %> account signing-key add --account orders',
    "<%= config.bin %> account signing-key add --account orders --role sales --allow-pub 'sales.{{name()}}.>' --subs 10",
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    key: Flags.string({
      aliases: ['sk'],
      description: 'Public key, file with a seed, or seed. Default: a new one is made.',
      helpValue: 'KEY',
      env: 'NATSCTL_KEY',
    }),
    role: Flags.string({ description: 'Name of the role; needed for what follows.', env: 'NATSCTL_ROLE' }),
    description: Flags.string({ description: 'What the role is for.', env: 'NATSCTL_DESCRIPTION' }),
    ...limitFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ChangedSigningKey> {
    const { flags } = await this.parse(AccountSigningKeyAdd, withResponseCount(this.argv));
    const added = await addAccountSigningKey(
      await this.workspace(flags),
      flags.account,
      { key: flags.key, role: flags.role, description: flags.description, limits: limitEdit(flags) },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    this.print(
      pairs([
        ['signing key', added.key],
        ['role', added.role],
        ['private key', added.file ?? 'not in this keystore'],
      ]) + showChange(`account ${added.account}`, added),
    );
    if (!added.dryRun && !this.jsonEnabled()) {
      this.note('it is in the local store; `natsctl push` brings it to the service');
    }
    return added;
  }
}
