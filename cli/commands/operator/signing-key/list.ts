import { NatsctlCommand } from '../../../base-command.js';
import { operatorFlag, storeFlags } from '../../../flags.js';
import { listOperatorSigningKeys } from '../../../operator/signing-keys.js';
import { table } from '../../../output/table.js';

export default class OperatorSigningKeyList extends NatsctlCommand {
  static override description =
    "List an operator's keys, whether their private halves are here, and the accounts they signed.";
  static override hiddenAliases = ['operator:signing-key:ls'];
  static override examples = [
    '<%= config.bin %> operator signing-key list',
    '<%= config.bin %> operator signing-key list --json',
  ];
  static override flags = { ...storeFlags, ...operatorFlag };

  async run() {
    const { flags } = await this.parse(OperatorSigningKeyList);
    const listed = await listOperatorSigningKeys(await this.workspace(flags));
    const keys = [
      { ...listed.identity, use: 'identity' },
      ...listed.signingKeys.map((key) => ({ ...key, use: 'signing' })),
    ];
    this.print(
      table(
        ['KEY', 'USE', 'STORED', 'ACCOUNTS'],
        keys.map(({ key, use, stored, accounts }) => [key, use, stored ? 'yes' : 'no', accounts.join(', ')]),
      ),
    );
    return listed;
  }
}
