import { Args } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { pickUser } from '../../pick.js';
import { required } from '../../prompt.js';
import { type RenamedUser, renameUserTo } from '../../user/rename.js';

export default class UserRename extends NatsctlCommand {
  static override description =
    'Give a user another name; the JWT is signed again and the creds file is written under that name.\nThe creds from before stay valid, under the old name.';
  static override examples = ['<%= config.bin %> user rename checkout cashier --account orders'];
  static override args = {
    user: Args.string({ description: 'Name or public key of the user.' }),
    name: Args.string({ description: 'The new name.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...privateKeyFlag, ...dryRunFlag };

  async run(): Promise<RenamedUser> {
    const { args, flags } = await this.parse(UserRename);
    const workspace = await this.workspace(flags);
    const user = await pickUser(workspace, flags.account, args.user, 'USER');
    const to = await required(args.name, 'NAME', 'The new name', (text) => checkEntityName(text, 'user'));
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await renameUserTo(workspace, { user, to, account: flags.account }, options);
    this.print(changeText(done, safeText(`user ${done.from} of account ${done.account} is now ${done.to}`)));
    if (!this.jsonEnabled()) {
      for (const warning of done.warnings) this.note(warning);
      if (done.creds !== null) this.note(`its creds are now in ${done.creds}`);
    }
    return done;
  }
}
