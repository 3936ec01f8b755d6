import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { pickUser } from '../../pick.js';
import type { RevocationChanged } from '../../revocation/change.js';
import { revokeUser } from '../../user/revoke.js';

export default class UserRevoke extends NatsctlCommand {
  static override description =
    "Make every JWT that a user was given until now void.\nWritten into the account's JWT; it holds once that is pushed.";
  static override examples = [
    '<%= config.bin %> user revoke checkout --account orders',
    "<%= config.bin %> user revoke '*' --account orders    # every user",
  ];
  static override args = {
    user: Args.string({ description: "Name or public key of the user, or '*' for every user." }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    unlisted: Flags.boolean({
      description: 'Revoke a key that this store has never seen.',
      env: 'NATSCTL_UNLISTED',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<RevocationChanged> {
    const { args, flags } = await this.parse(UserRevoke);
    const workspace = await this.workspace(flags);
    const user = await pickUser(workspace, flags.account, args.user, 'USER', ['*']);
    const revoked = await revokeUser(workspace, {
      user,
      account: flags.account,
      unlisted: flags.unlisted,
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    const who = revoked.user === '*' ? 'every user' : (revoked.name ?? revoked.user);
    const what = revoked.changed ? 'revoked' : 'revoked already';
    const done = `${who} of account ${revoked.account} is ${what}: JWTs issued until ${showTime(revoked.revokedAt)} are void`;
    this.print(revoked.changed ? changeText(revoked, safeText(done)) : `${safeText(done)}\n`);
    if (!this.jsonEnabled()) for (const note of changeNotes(revoked)) this.note(note);
    return revoked;
  }
}
