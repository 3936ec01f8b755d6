import { Args } from '@oclif/core';
import { type DeletedAccount, deleteAccount } from '../../account/delete.js';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { confirmByName } from '../../delete/confirm.js';
import { removalFlags, yesFlag } from '../../delete/flags.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { pickAccount } from '../../pick.js';
import { findAccount } from '../../store/store.js';

export default class AccountDelete extends NatsctlCommand {
  static override description =
    "Delete an account with its users and their creds files from the local store.\nWhat a service holds of it stays there; to end it there, revoke '*' and push first.";
  static override hiddenAliases = ['account:rm'];
  static override examples = [
    '<%= config.bin %> account delete trial',
    '<%= config.bin %> account delete trial --yes --remove-keys',
    "<%= config.bin %> user revoke '*' -a trial && <%= config.bin %> push trial && <%= config.bin %> account delete trial --yes",
  ];
  static override args = { name: Args.string({ description: 'Name or public key of the account.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...removalFlags, ...yesFlag, ...dryRunFlag };

  async run(): Promise<DeletedAccount> {
    const { args, flags } = await this.parse(AccountDelete);
    const workspace = await this.workspace(flags);
    const given = await pickAccount(workspace, args.name);
    const { name } = await findAccount(workspace.store, given);
    if (!flags['dry-run']) await confirmByName('account', name, flags.yes);
    const wanted = { account: name, removeKeys: flags['remove-keys'], keepCreds: flags['keep-creds'] };
    const gone = await deleteAccount(workspace, wanted, { dryRun: flags['dry-run'] });
    const users = `${gone.users.length} ${gone.users.length === 1 ? 'user' : 'users'}`;
    this.print(safeText(`account ${name} with ${users} ${gone.dryRun ? 'would be' : 'is'} deleted`).concat('\n'));
    if (!this.jsonEnabled()) {
      for (const warning of gone.warnings) this.note(warning);
      for (const key of gone.keys.kept) this.note(`the key ${key} stays: something else refers to it`);
      if (gone.pushed) this.note('the service still holds it, and its users can still connect');
    }
    return gone;
  }
}
