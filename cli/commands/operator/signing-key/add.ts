import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { dryRunFlag, showChange } from '../../../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../../flags.js';
import { type AddedSigningKey, addOperatorSigningKey } from '../../../operator/signing-keys.js';
import { pairs } from '../../../output/table.js';

export default class OperatorSigningKeyAdd extends NatsctlCommand {
  static override description =
    'Give an operator another key to sign accounts with.\nServers trust it once they have the new operator JWT and were restarted or reloaded.';
  static override examples = [
    '<%= config.bin %> operator signing-key add',
    '<%= config.bin %> operator signing-key add ODQ5...    # whose seed is kept elsewhere',
  ];
  static override args = {
    key: Args.string({ description: 'Public key, file with a seed, or seed. Default: a new one is made.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag, ...privateKeyFlag, ...dryRunFlag };

  async run(): Promise<AddedSigningKey> {
    const { args, flags } = await this.parse(OperatorSigningKeyAdd);
    const added = await addOperatorSigningKey(await this.workspace(flags), args.key, {
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(
      pairs([
        ['signing key', added.key],
        ['private key', added.file ?? 'not in this keystore'],
      ]) + showChange(`operator ${added.operator}`, added),
    );
    if (!added.dryRun && !this.jsonEnabled()) {
      this.note('servers learn of it from their configuration: `natsctl config generate`, then restart or reload them');
    }
    return added;
  }
}
