import { Args, Flags } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { NatsctlCommand } from '../../base-command.js';
import { accountFlag, expiryFlag, listOf, operatorFlag, privateKeyFlag, storeFlags, tagFlag } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { required } from '../../prompt.js';
import { parseTime } from '../../time.js';
import { type CreatedUser, createUser } from '../../user/create.js';

const subjects = (description: string, env: string) =>
  Flags.string({ description, multiple: true, helpValue: 'SUBJECT', env });

export default class UserCreate extends NatsctlCommand {
  static override description = 'Make a user of an account, with a creds file to connect with.';
  static override hiddenAliases = ['user:add'];
  static override examples = [
    '<%= config.bin %> user create checkout --account orders',
    "<%= config.bin %> user create reader --account orders --allow-sub 'orders.>' --expiry 30d",
    '<%= config.bin %> user create clerk --account orders --private-key sales    # with the role "sales"',
  ];
  static override args = { name: Args.string({ description: 'Name of the user; names its files.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    'allow-pub': subjects('May publish to; repeatable, comma lists allowed.', 'NATSCTL_ALLOW_PUB'),
    'allow-sub': subjects('May subscribe to ("subject queue" for a queue); repeatable.', 'NATSCTL_ALLOW_SUB'),
    'deny-pub': subjects('May not publish to; repeatable.', 'NATSCTL_DENY_PUB'),
    'deny-sub': subjects('May not subscribe to; repeatable.', 'NATSCTL_DENY_SUB'),
    bearer: Flags.boolean({ description: 'The JWT alone connects, without its key.', env: 'NATSCTL_BEARER' }),
    'public-key': Flags.string({
      description: 'Key of a user who keeps the seed; then no creds file is written.',
      helpValue: 'U...',
      env: 'NATSCTL_PUBLIC_KEY',
    }),
    ...expiryFlag,
    ...tagFlag,
    ...privateKeyFlag,
  };

  async run(): Promise<CreatedUser> {
    const { args, flags } = await this.parse(UserCreate);
    const name = await required(args.name, 'NAME', 'Name of the user', (text) => checkEntityName(text, 'user'));
    const workspace = await this.workspace(flags);
    const created = await createUser(workspace, {
      name,
      account: flags.account,
      key: flags['private-key'],
      publicKey: flags['public-key'],
      allowPub: listOf(flags['allow-pub']),
      allowSub: listOf(flags['allow-sub']),
      denyPub: listOf(flags['deny-pub']),
      denySub: listOf(flags['deny-sub']),
      bearer: flags.bearer,
      expiry: flags.expiry === undefined ? 0 : parseTime(flags.expiry, workspace.now),
      tags: listOf(flags.tag).map((tag) => tag.toLowerCase()),
    });
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
