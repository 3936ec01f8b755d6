import { Args, Flags } from '@oclif/core';
import { type RemovedAccountKey, removeAccountSigningKey } from '../../../account/signing-keys.js';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { pickSigningKey } from '../../../pick.js';

export default class AccountSigningKeyRemove extends NatsctlCommand {
  static override description =
    'Take a signing key or a role away from an account.\nRefused while users or activations are signed by it, which would end. The private key stays in the keystore.';
  static override hiddenAliases = ['account:signing-key:rm'];
  static override examples = [
    '<%= config.bin %> account signing-key remove sales --account orders',
    '<%= config.bin %> account signing-key remove ACX7... --account orders --force',
  ];
  static override args = { key: Args.string({ description: 'Role, or public key of the signing key.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    force: Flags.boolean({ description: 'Also where it signed users or activations.', env: 'NATSCTL_FORCE' }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<RemovedAccountKey> {
    const { args, flags } = await this.parse(AccountSigningKeyRemove);
    const workspace = await this.workspace(flags);
    const key = await pickSigningKey(workspace, flags.account, args.key);
    const removed = await removeAccountSigningKey(
      workspace,
      flags.account,
      { key, force: flags.force },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    this.print(showChange(`account ${removed.account}`, removed));
    if (!this.jsonEnabled()) {
      const lost = [
        ...removed.users.map((user) => `user ${user}`),
        ...removed.activations.map(({ account, subject }) => `the import of ${subject} by account ${account}`),
      ];
      if (lost.length > 0) this.note(`shut out once it is pushed: ${lost.join(', ')}`);
      if (!removed.dryRun) this.note('it is in the local store; `natsctl push` brings it to the service');
    }
    return removed;
  }
}
