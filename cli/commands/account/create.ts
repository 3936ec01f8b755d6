import { Args, Flags } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { type CreatedAccount, createAccount } from '../../account/create.js';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { listOf, operatorFlag, privateKeyFlag, storeFlags, tagFlag } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { permissionEdit, permissionFlags, withResponseCount } from '../../permission/flags.js';
import { required } from '../../prompt.js';

export default class AccountCreate extends NatsctlCommand {
  static override description = 'Make an account, signed by the operator, in the local store.';
  static override hiddenAliases = ['account:add'];
  static override examples = [
    '<%= config.bin %> account create orders',
    '<%= config.bin %> account create trial --expiry 30d --signing-key',
    "<%= config.bin %> account create guests --allow-sub 'news.>' --deny-pub '>'    # what its users may do by default",
  ];
  static override args = { name: Args.string({ description: 'Name of the account; names its folder.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    'signing-key': Flags.boolean({
      description: 'Make a signing key for its users. Default: only where the operator requires signing keys.',
      allowNo: true,
      env: 'NATSCTL_SIGNING_KEY',
    }),
    description: Flags.string({ description: 'What it is for; kept in its JWT.', env: 'NATSCTL_DESCRIPTION' }),
    'public-key': Flags.string({
      description:
        'Identity of the account: a public key whose seed is kept elsewhere, or a file with a seed. Default: a new one.',
      helpValue: 'KEY',
      env: 'NATSCTL_PUBLIC_KEY',
    }),
    ...permissionFlags,
    ...validityFlags,
    ...tagFlag,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<CreatedAccount> {
    const { args, flags } = await this.parse(AccountCreate, withResponseCount(this.argv));
    const name = await required(args.name, 'NAME', 'Name of the account', (text) => checkEntityName(text, 'account'));
    const workspace = await this.workspace(flags);
    const created = await createAccount(workspace, {
      name,
      signingKey: flags['signing-key'],
      description: flags.description,
      identity: flags['public-key'],
      defaultPermissions: permissionEdit(flags),
      ...validityEdit(flags, workspace.now),
      tags: listOf(flags.tag).map((tag) => tag.toLowerCase()),
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    if (created.dryRun) this.note(`account ${created.name} would be created; nothing was written`);
    this.print(
      pairs([
        ['account', created.name],
        ['public key', created.publicKey],
        ['signing key', created.signingKeys.join(', ')],
        ['operator', created.operator],
        ['expires', showTime(created.expires)],
      ]),
    );
    if (!created.dryRun && !this.jsonEnabled())
      this.note('it is in the local store; `natsctl push` brings it to the service');
    return created;
  }
}
