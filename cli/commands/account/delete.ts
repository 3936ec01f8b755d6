import { Args, Flags } from '@oclif/core';
import { type DeletedAccount, deleteAccount } from '../../account/delete.js';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { confirmByName } from '../../delete/confirm.js';
import { removalFlags, yesFlag } from '../../delete/flags.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { pickAccount } from '../../pick.js';
import { findAccount } from '../../store/store.js';
import { remoteFlags } from '../../sync/flags.js';
import { remoteOptions } from '../../sync/remote-options.js';
import { type Retired, retireAccount } from '../../sync/retire.js';

export default class AccountDelete extends NatsctlCommand {
  static override description =
    'Delete an account with its users and their creds files.\nWhere it was pushed, it is ended there first: servers delete it if they may, else everybody in it is revoked and it expires in a minute, as at a service.';
  static override hiddenAliases = ['account:rm'];
  static override examples = [
    '<%= config.bin %> account delete trial',
    '<%= config.bin %> account delete trial --yes --remove-keys',
    '<%= config.bin %> account delete trial --yes --service nats://n1.acme.example',
    '<%= config.bin %> account delete trial --yes --no-revoke   # here alone',
  ];
  static override args = { name: Args.string({ description: 'Name or public key of the account.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...removalFlags,
    ...yesFlag,
    ...dryRunFlag,
    ...remoteFlags,
    ...privateKeyFlag,
    revoke: Flags.boolean({
      char: 'R',
      description: 'End it first where it was pushed to (the default); --no-revoke deletes it here alone.',
      allowNo: true,
      env: 'NATSCTL_REVOKE',
    }),
  };

  async run(): Promise<DeletedAccount & { retired: Retired | null }> {
    const { args, flags } = await this.parse(AccountDelete);
    const workspace = await this.workspace(flags);
    const given = await pickAccount(workspace, args.name);
    const account = await findAccount(workspace.store, given);
    const { name } = account;
    const dryRun = flags['dry-run'];
    const wanted = { account: name, removeKeys: flags['remove-keys'], keepCreds: flags['keep-creds'] };
    // All that can be refused is, before anything ends anywhere.
    const before = await deleteAccount(workspace, wanted, { dryRun: true });
    if (!dryRun) await confirmByName('account', name, flags.yes);
    const ends = flags.revoke ?? before.pushed;
    const remote = { ...remoteOptions(flags), key: flags['private-key'] };
    const retired = ends && !dryRun ? await retireAccount(workspace, account, remote) : null;
    const gone = dryRun ? before : await deleteAccount(workspace, wanted, {});
    const users = `${gone.users.length} ${gone.users.length === 1 ? 'user' : 'users'}`;
    this.print(safeText(`account ${name} with ${users} ${gone.dryRun ? 'would be' : 'is'} deleted`).concat('\n'));
    if (!this.jsonEnabled()) {
      for (const warning of gone.warnings) this.note(warning);
      for (const key of gone.keys.kept) this.note(`the key ${key} stays: something else refers to it`);
      if (retired !== null) for (const note of whatEnded(retired)) this.note(note);
      else if (ends) this.note('it would first be ended where it was pushed to');
      else if (gone.pushed) this.note('it is still held where it was pushed to, and its users can still connect');
    }
    return { ...gone, retired };
  }
}

function whatEnded({ result, url, expires, servers }: Retired): string[] {
  const each = servers.map(({ server, message }) => `${server}: ${message}`);
  if (result === 'absent') return [`${url} did not hold it`];
  if (result === 'deleted') return [`deleted from the servers at ${url}`, ...each];
  return [`everybody in it is revoked at ${url}, and it ends there at ${showTime(expires ?? 0)}`, ...each];
}
