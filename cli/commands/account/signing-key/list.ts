import { listAccountSigningKeys } from '../../../account/signing-keys.js';
import { NatsctlCommand } from '../../../base-command.js';
import { accountFlag, operatorFlag, storeFlags } from '../../../flags.js';
import { table } from '../../../output/table.js';

export default class AccountSigningKeyList extends NatsctlCommand {
  static override description =
    "List an account's keys and roles, whether their private halves are here, and the users they signed.";
  static override hiddenAliases = ['account:signing-key:ls'];
  static override examples = [
    '<%= config.bin %> account signing-key list --account orders',
    '<%= config.bin %> account signing-key list --account orders --json    # with the templates of the roles',
  ];
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag };

  async run() {
    const { flags } = await this.parse(AccountSigningKeyList);
    const listed = await listAccountSigningKeys(await this.workspace(flags), flags.account);
    const keys = [
      { ...listed.identity, use: 'identity' },
      ...listed.signingKeys.map((key) => ({ ...key, use: key.role === null ? 'signing' : `role ${key.role}` })),
    ];
    this.print(
      table(
        ['KEY', 'USE', 'STORED', 'USERS', 'DESCRIPTION'],
        keys.map(({ key, use, stored, users, description }) => [
          key,
          use,
          stored ? 'yes' : 'no',
          users.join(', '),
          description,
        ]),
      ),
    );
    return listed;
  }
}
