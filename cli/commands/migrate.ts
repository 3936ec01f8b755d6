import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { showBatch } from '../change/batch.js';
import { dryRunFlag } from '../change/show.js';
import { usageError } from '../errors.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../flags.js';
import { type Migrated, migrate } from '../migrate/migrate.js';
import { accountOfToken, accountsOfOperator } from '../migrate/source.js';

export default class Migrate extends NatsctlCommand {
  static override description =
    'Put accounts of another operator under this one: signed by its key, with their users and creds.\nWhere they come from nothing changes; accounts that are named, or all but the system account.';
  static override examples = [
    '<%= config.bin %> migrate --from-operator staging --operator acme',
    '<%= config.bin %> migrate orders --operator-dir ../other/stores/staging --dry-run',
    '<%= config.bin %> migrate --url https://jwt.staging.example/jwt/v1/accounts/ACX7...',
  ];
  static override strict = false;
  static override args = { accounts: Args.string({ description: 'Accounts, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    'from-operator': Flags.string({
      description: 'Operator of this store whose accounts they are.',
      helpValue: 'NAME',
      exclusive: ['operator-dir', 'url'],
      env: 'NATSCTL_FROM_OPERATOR',
    }),
    'operator-dir': Flags.string({
      description: "Folder of an operator, in nsc's layout, whose accounts they are.",
      helpValue: 'DIR',
      exclusive: ['from-operator', 'url'],
      env: 'NATSCTL_OPERATOR_DIR',
    }),
    url: Flags.string({
      char: 'u',
      description: 'One account, by the URL or file of its JWT; it comes without users.',
      exclusive: ['from-operator', 'operator-dir'],
      env: 'NATSCTL_URL',
    }),
    force: Flags.boolean({
      char: 'F',
      description: 'Replace an account that is here already, where it is the same one.',
      env: 'NATSCTL_FORCE',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<Migrated> {
    const { argv, flags } = await this.parse(Migrate);
    const workspace = await this.workspace(flags);
    if (flags.url !== undefined && argv.length > 0) {
      throw usageError('with --url no account is named', 'the JWT says which one it is');
    }
    const from = { operator: flags['from-operator'], dir: flags['operator-dir'] };
    const source =
      flags.url === undefined
        ? await accountsOfOperator(workspace, from, argv as string[])
        : await accountOfToken(flags.url);
    const migrated = await migrate(workspace, source, {
      force: flags.force,
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(showBatch(migrated.changes, migrated.dryRun) || 'no account to migrate\n');
    if (!this.jsonEnabled()) {
      for (const { account, reason } of migrated.skipped) this.note(`${account} is not migrated: ${reason}`);
      for (const warning of migrated.warnings) this.note(warning);
      if (migrated.changed && !migrated.dryRun) {
        this.note(`push the accounts to where operator ${migrated.operator} keeps them: \`natsctl push\``);
        this.note('the creds that are out stay valid there; JetStream data does not come along');
      }
    }
    return migrated;
  }
}
