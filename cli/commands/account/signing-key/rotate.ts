import { Args, Flags } from '@oclif/core';
import { type RotatedSigningKey, rotateAccountSigningKey } from '../../../account/rotate-signing-key.js';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { pairs, table } from '../../../output/table.js';
import { pickSigningKey } from '../../../pick.js';

export default class AccountSigningKeyRotate extends NatsctlCommand {
  static override description =
    'Put a new key in the place of a signing key or role, sign its users anew and write their creds again.\nThe old key and every JWT it signed are void once the account is pushed.';
  static override examples = [
    '<%= config.bin %> account signing-key rotate sales --account orders',
    '<%= config.bin %> account signing-key rotate ACX7... --account orders --dry-run',
  ];
  static override args = { key: Args.string({ description: 'Role, or public key of the signing key.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    'new-key': Flags.string({
      description: 'Public key of the keystore, file with a seed, or seed. Default: a new one is made.',
      helpValue: 'KEY',
      env: 'NATSCTL_NEW_KEY',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<RotatedSigningKey> {
    const { args, flags } = await this.parse(AccountSigningKeyRotate);
    const workspace = await this.workspace(flags);
    const key = await pickSigningKey(workspace, flags.account, args.key);
    const rotated = await rotateAccountSigningKey(
      workspace,
      flags.account,
      { key, newKey: flags['new-key'] },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    this.print(
      pairs([
        ['role', rotated.role],
        ['old key', rotated.oldKey],
        ['new key', rotated.key],
        ['private key', rotated.file],
      ]) + showChange(`account ${rotated.account}`, rotated),
    );
    for (const { name, ...importer } of rotated.importers) {
      this.print(showChange(`account ${name}`, { ...rotated, ...importer }));
    }
    if (rotated.users.length > 0) {
      const unwritten = rotated.dryRun ? '' : 'not written: its private key is not here';
      const rows = rotated.users.map(({ name, publicKey, creds }) => [name, publicKey, creds ?? unwritten]);
      this.print(`\n${table(['USER', 'PUBLIC KEY', 'CREDS'], rows)}`);
    }
    if (!this.jsonEnabled()) this.notes(rotated);
    return rotated;
  }

  private notes({ left, users, importers, activations, account, dryRun }: RotatedSigningKey): void {
    for (const { name, reason } of left) this.note(`user ${name} is not signed anew: ${reason}`);
    for (const one of activations) {
      this.note(
        `the activation of ${one.subject} for account ${one.account} ends with the old key: it needs a new one`,
      );
    }
    if (dryRun) return;
    const creds = users.length > 0 ? ', and hand out the new creds: the old ones end with it' : '';
    const accounts = [account, ...importers.map(({ name }) => name)];
    this.note(`push account${accounts.length > 1 ? 's' : ''} ${accounts.join(', ')} (\`natsctl push\`)${creds}`);
  }
}
