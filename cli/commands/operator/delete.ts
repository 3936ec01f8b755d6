import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { confirmByName } from '../../delete/confirm.js';
import { removalFlags, yesFlag } from '../../delete/flags.js';
import { storeFlags } from '../../flags.js';
import { type DeletedOperator, deleteOperator } from '../../operator/delete.js';
import { safeText } from '../../output/safe-text.js';
import { pickOperator } from '../../pick.js';
import { resolvePaths } from '../../store/paths.js';

export default class OperatorDelete extends NatsctlCommand {
  static override description =
    'Delete an operator with all its accounts, users and creds files from the local store.\nServers and services that trust it go on doing so.';
  static override hiddenAliases = ['operator:rm'];
  static override examples = [
    '<%= config.bin %> operator delete staging',
    '<%= config.bin %> operator delete staging --yes --remove-keys',
  ];
  static override args = { name: Args.string({ description: 'Name of the operator.' }) };
  static override flags = { ...storeFlags, ...removalFlags, ...yesFlag, ...dryRunFlag };

  async run(): Promise<DeletedOperator> {
    const { args, flags } = await this.parse(OperatorDelete);
    const name = await pickOperator(args.name, resolvePaths(this.settings(flags)).storeRoot);
    const workspace = await this.workspace({ ...flags, operator: name });
    if (!flags['dry-run']) await confirmByName('operator', name, flags.yes);
    const gone = await deleteOperator(workspace, {
      removeKeys: flags['remove-keys'],
      keepCreds: flags['keep-creds'],
      dryRun: flags['dry-run'],
    });
    const accounts = `${gone.accounts.length} ${gone.accounts.length === 1 ? 'account' : 'accounts'}`;
    this.print(safeText(`operator ${name} with ${accounts} ${gone.dryRun ? 'would be' : 'is'} deleted`).concat('\n'));
    if (!this.jsonEnabled()) {
      for (const key of gone.keys.kept) this.note(`the key ${key} stays: something else refers to it`);
    }
    return gone;
  }
}
