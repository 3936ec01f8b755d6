import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { type RemovedSigningKey, removeOperatorSigningKey } from '../../../operator/signing-keys.js';
import { required } from '../../../prompt.js';

export default class OperatorSigningKeyRemove extends NatsctlCommand {
  static override description =
    "Take a signing key away from an operator.\nAccounts that it signed are signed anew by another of the operator's keys. The private key stays in the keystore.";
  static override hiddenAliases = ['operator:signing-key:rm'];
  static override examples = [
    '<%= config.bin %> operator signing-key remove ODQ5...',
    '<%= config.bin %> operator signing-key remove ODQ5... --dry-run',
  ];
  static override args = { key: Args.string({ description: 'Public key of the signing key.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...privateKeyFlag, ...dryRunFlag };

  async run(): Promise<RemovedSigningKey> {
    const { args, flags } = await this.parse(OperatorSigningKeyRemove);
    const key = await required(args.key, 'KEY', 'Which signing key');
    const removed = await removeOperatorSigningKey(await this.workspace(flags), key, {
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(showChange(`operator ${removed.operator}`, removed));
    if (!this.jsonEnabled()) {
      if (removed.accounts.length > 0) {
        const would = removed.dryRun ? 'would be signed' : 'signed';
        this.note(
          `${would} anew by another key, to be pushed first (\`natsctl push\`): ${removed.accounts.join(', ')}`,
        );
      }
      if (!removed.dryRun) {
        this.note(
          'servers learn of it from their configuration: `natsctl config generate`, then restart or reload them',
        );
      }
    }
    return removed;
  }
}
