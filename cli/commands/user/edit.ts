import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeResult, dryRunFlag, showChange } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { accountFlag, operatorFlag, privateKeyFlag, rmTagFlag, storeFlags, tagEdit, tagFlag } from '../../flags.js';
import { withResponseCount } from '../../permission/flags.js';
import { pickUser } from '../../pick.js';
import { keepsCreds } from '../../store/keystore.js';
import { editUser } from '../../user/edit.js';
import { limitEdit, limitFlags, limitRemovalFlags } from '../../user/limit-flags.js';

export default class UserEdit extends NatsctlCommand {
  static override description =
    'Change a user: permissions, limits, tags and times; its creds are written again.\nWhat is not given stays as it is. JWTs handed out before stay valid until they expire or are revoked.';
  static override examples = [
    "<%= config.bin %> user edit checkout --account orders --allow-pub 'orders.>' --rm-allow-sub 'debug.>'",
    '<%= config.bin %> user edit checkout --account orders --source-network 10.0.0.0/8 --conn-type standard,websocket',
    '<%= config.bin %> user edit checkout --account orders --private-key sales    # into the role "sales"',
  ];
  static override args = { name: Args.string({ description: 'Name or public key of the user.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...limitFlags,
    ...limitRemovalFlags,
    ...tagFlag,
    ...rmTagFlag,
    ...validityFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run() {
    const { args, flags } = await this.parse(UserEdit, withResponseCount(this.argv));
    const workspace = await this.workspace(flags);
    const user = await pickUser(workspace, flags.account, args.name);
    const edited = await editUser(
      workspace,
      { user, account: flags.account },
      { limits: limitEdit(flags), tags: tagEdit(flags), ...validityEdit(flags, workspace.now) },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    const { name, account, role, creds, warnings } = edited;
    const result = {
      name,
      publicKey: edited.after.sub,
      account,
      role,
      creds,
      ...changeResult(edited),
      warnings,
    };
    this.print(showChange(`user ${name} of account ${account}`, result));
    if (result.changed && !result.dryRun && !this.jsonEnabled()) {
      const none = (await keepsCreds(workspace.keystore)) ? 'its private key is not here' : 'this keystore keeps none';
      this.note(creds === null ? `no creds were written: ${none}` : `creds: ${creds}`);
    }
    for (const warning of warnings) this.note(warning);
    return result;
  }
}
