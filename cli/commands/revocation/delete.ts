import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';
import { deleteRevocation, type RevocationChanged } from '../../revocation/change.js';

export default class RevocationDelete extends NatsctlCommand {
  static override description = 'Take the revocation of a user back: JWTs that it made void count again.';
  static override hiddenAliases = ['revocation:rm', 'revocations:delete-user', 'revocations:delete_user'];
  static override examples = ['<%= config.bin %> revocation delete checkout --account orders'];
  static override args = {
    user: Args.string({ description: "Name or public key of the user, or '*' for the revocation of every user." }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<RevocationChanged> {
    const { args, flags } = await this.parse(RevocationDelete);
    const user = await required(args.user, 'USER', "Which user ('*' for the revocation of all)");
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await deleteRevocation(await this.workspace(flags), { account: flags.account, user }, options);
    const who = done.user === '*' ? 'every user' : (done.name ?? done.user);
    this.print(changeText(done, safeText(`the revocation of ${who} in account ${done.account} is taken back`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
