import { Args } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { type Renamed, renameAccountTo } from '../../account/rename.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { pickAccount } from '../../pick.js';
import { required } from '../../prompt.js';

export default class AccountRename extends NatsctlCommand {
  static override description = 'Give an account another name. Its key, its users and their creds stay valid.';
  static override examples = ['<%= config.bin %> account rename orders sales'];
  static override args = {
    account: Args.string({ description: 'Name or public key of the account.' }),
    name: Args.string({ description: 'The new name.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag, ...privateKeyFlag, ...dryRunFlag };

  async run(): Promise<Renamed> {
    const { args, flags } = await this.parse(AccountRename);
    const workspace = await this.workspace(flags);
    const account = await pickAccount(workspace, args.account, 'ACCOUNT');
    const to = await required(args.name, 'NAME', 'The new name', (text) => checkEntityName(text, 'account'));
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await renameAccountTo(workspace, { account, to }, options);
    this.print(changeText(done, safeText(`account ${done.from} is now ${done.to}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
