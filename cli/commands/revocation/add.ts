import { Args, Flags } from '@oclif/core';
import { atFlag, parseAt } from '../../activation/flags.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { pickUser } from '../../pick.js';
import { addRevocation, type RevocationChanged } from '../../revocation/change.js';

export default class RevocationAdd extends NatsctlCommand {
  static override description =
    'Make the JWTs of a user void that were issued until now, or until a time.\nAs `user revoke`, which has no --at.';
  static override hiddenAliases = ['revocation:create', 'revocations:add-user', 'revocations:add_user'];
  static override examples = [
    '<%= config.bin %> revocation add checkout --account orders',
    '<%= config.bin %> revocation add UABC... --account orders --unlisted --at 2030-01-31',
    "<%= config.bin %> revocation add '*' --account orders --at=-7d    # what is older than a week",
  ];
  static override args = {
    user: Args.string({ description: "Name or public key of the user, or '*' for every user." }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...atFlag,
    unlisted: Flags.boolean({
      description: 'Revoke a key that this store has never seen.',
      env: 'NATSCTL_UNLISTED',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<RevocationChanged> {
    const { args, flags } = await this.parse(RevocationAdd);
    const workspace = await this.workspace(flags);
    const user = await pickUser(workspace, flags.account, args.user, 'USER', ['*']);
    const at = parseAt(flags.at, workspace.now);
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const wanted = { account: flags.account, user, unlisted: flags.unlisted, at };
    const done = await addRevocation(workspace, wanted, options);
    const who = done.user === '*' ? 'every user' : (done.name ?? done.user);
    const text = `JWTs of ${who} of account ${done.account} issued until ${showTime(done.revokedAt)} are void`;
    this.print(changeText(done, safeText(text)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
