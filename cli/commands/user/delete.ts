import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag, showDifferences } from '../../change/show.js';
import { removalFlags } from '../../delete/flags.js';
import { accountFlag, listOf, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { pickUser } from '../../pick.js';
import { type DeletedUsers, deleteUsers } from '../../user/delete.js';

export default class UserDelete extends NatsctlCommand {
  static override description =
    'Delete users and their creds files. They are revoked too: otherwise their creds would go on working wherever they are.';
  static override hiddenAliases = ['user:rm'];
  static override strict = false;
  static override examples = [
    '<%= config.bin %> user delete checkout --account orders',
    '<%= config.bin %> user delete u1 u2 --account orders --remove-keys',
  ];
  static override args = {
    name: Args.string({
      description: 'Name or public key of the user; several, or a comma list, are deleted at once.',
    }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    revoke: Flags.boolean({
      char: 'R',
      description: 'Make the JWTs they hold void (the default).',
      default: true,
      allowNo: true,
      env: 'NATSCTL_REVOKE',
    }),
    ...removalFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<DeletedUsers> {
    const { args, argv, flags } = await this.parse(UserDelete);
    const workspace = await this.workspace(flags);
    const name = await pickUser(workspace, flags.account, args.name);
    if (argv.length === 0) argv.push(name);
    const wanted = {
      users: listOf(argv as string[]),
      account: flags.account,
      revoke: flags.revoke,
      removeKeys: flags['remove-keys'],
      keepCreds: flags['keep-creds'],
    };
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await deleteUsers(workspace, wanted, options);
    const will = done.dryRun ? 'would be deleted' : 'is deleted';
    for (const one of done.users) {
      const revoked = one.revokedAt === null ? ', not revoked: creds of it go on working' : ' and revoked';
      this.print(safeText(`user ${one.name} of account ${done.account} ${will}${revoked}`).concat('\n'));
    }
    if (done.dryRun) this.print(showDifferences(done.differences));
    if (!this.jsonEnabled()) {
      for (const key of done.keys.kept) this.note(`the key ${key} stays: something else refers to it`);
      if (done.differences.length > 0 && !done.dryRun) {
        this.note('the revocation holds once the account is pushed: `natsctl push`');
      }
    }
    return done;
  }
}
