import { Args, Flags } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { usageError } from '../../errors.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags, tagEdit, tagFlag } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { withResponseCount } from '../../permission/flags.js';
import { required } from '../../prompt.js';
import type { CreatedUsers } from '../../user/bulk/create.js';
import { bulkFlags } from '../../user/bulk/flags.js';
import { createFromList } from '../../user/bulk/from-list.js';
import { showCreatedUsers } from '../../user/bulk/show.js';
import { type CreatedUser, createUser } from '../../user/create.js';
import { limitEdit, limitFlags } from '../../user/limit-flags.js';

export default class UserCreate extends NatsctlCommand {
  static override description =
    'Make a user of an account, with a creds file to connect with; or all users of a list at once, or none.';
  static override hiddenAliases = ['user:add'];
  static override examples = [
    '<%= config.bin %> user create checkout --account orders',
    "<%= config.bin %> user create reader --account orders --allow-sub 'orders.>' --expiry 30d",
    '<%= config.bin %> user create clerk --account orders --private-key sales    # with the role "sales"',
    '<%= config.bin %> user create --from users.csv --account orders --archive creds.tar.gz',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the user; names its files.', ignoreStdin: true }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...limitFlags,
    'public-key': Flags.string({
      description: 'Key of a user who keeps the seed; then no creds file is written.',
      helpValue: 'U...',
      env: 'NATSCTL_PUBLIC_KEY',
    }),
    ...validityFlags,
    ...tagFlag,
    ...privateKeyFlag,
    ...bulkFlags,
    ...dryRunFlag,
  };

  async run(): Promise<CreatedUser | CreatedUsers> {
    const { args, flags } = await this.parse(UserCreate, withResponseCount(this.argv));
    if (flags.from !== undefined) {
      if (args.name !== undefined || flags['public-key'] !== undefined) {
        throw usageError('with --from, names and public keys are in the list', 'leave NAME and --public-key out');
      }
      const note = this.jsonEnabled() ? null : (text: string) => this.note(text);
      const created = await createFromList(await this.workspace(flags), flags.from, flags, note);
      this.print(showCreatedUsers(created));
      return created;
    }
    const name = await required(args.name, 'NAME', 'Name of the user', (text) => checkEntityName(text, 'user'));
    const workspace = await this.workspace(flags);
    const created = await createUser(workspace, {
      name,
      account: flags.account,
      key: flags['private-key'],
      publicKey: flags['public-key'],
      allowPub: [],
      allowSub: [],
      denyPub: [],
      denySub: [],
      bearer: false,
      limits: limitEdit(flags),
      ...validityEdit(flags, workspace.now),
      tags: tagEdit(flags).add,
      dryRun: flags['dry-run'],
    });
    if (flags['dry-run']) this.note(`user ${created.name} would be created; nothing was written`);
    this.print(
      pairs([
        ['user', created.name],
        ['public key', created.publicKey],
        ['account', created.account],
        ['role', created.role],
        ['expires', showTime(created.expires)],
        ['creds', created.creds],
      ]),
    );
    for (const warning of created.warnings) this.note(warning);
    return created;
  }
}
