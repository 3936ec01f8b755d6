import { Args, Flags } from '@oclif/core';
import { type ChangedSigningKey, editAccountSigningKey } from '../../../account/signing-keys.js';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { withResponseCount } from '../../../permission/flags.js';
import { pickSigningKey } from '../../../pick.js';
import { limitEdit, limitFlags, limitRemovalFlags } from '../../../user/limit-flags.js';

export default class AccountSigningKeyEdit extends NatsctlCommand {
  static override description =
    'Change a role: what its users may do, its name, its description.\nIt holds for every user of the role once the account is pushed; their JWTs stay as they are.';
  static override examples = [
    "<%= config.bin %> account signing-key edit sales --account orders --allow-sub '_INBOX.{{name()}}.>'",
    '<%= config.bin %> account signing-key edit sales --account orders --bearer --source-network 10.0.0.0/8 --dry-run',
  ];
  static override args = { key: Args.string({ description: 'Role, or public key of the signing key.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    role: Flags.string({
      description: 'New name of the role; makes a plain key that signed no one yet a role.',
      env: 'NATSCTL_ROLE',
    }),
    description: Flags.string({ description: 'What the role is for.', env: 'NATSCTL_DESCRIPTION' }),
    ...limitFlags,
    ...limitRemovalFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ChangedSigningKey> {
    const { args, flags } = await this.parse(AccountSigningKeyEdit, withResponseCount(this.argv));
    const workspace = await this.workspace(flags);
    const key = await pickSigningKey(workspace, flags.account, args.key);
    const edited = await editAccountSigningKey(
      workspace,
      flags.account,
      key,
      { role: flags.role, description: flags.description, limits: limitEdit(flags) },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    this.print(showChange(`role ${edited.role} of account ${edited.account}`, edited));
    if (edited.changed && !edited.dryRun && !this.jsonEnabled()) {
      this.note('it is in the local store; `natsctl push` brings it to the service');
    }
    for (const warning of edited.warnings) this.note(warning);
    return edited;
  }
}
