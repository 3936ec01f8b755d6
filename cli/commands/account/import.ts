import { Args, Flags } from '@oclif/core';
import { type ImportedAccount, importAccount } from '../../account/import.js';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag, showChange } from '../../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { required } from '../../prompt.js';
import { tokenText } from '../../token/text.js';

export default class AccountImport extends NatsctlCommand {
  static override description =
    'Take a loose account JWT into the store, or take back the one that whoever runs a managed operator has signed.\nA self-signed account is signed by the operator.';
  static override hiddenAliases = ['import:account'];
  static override examples = [
    '<%= config.bin %> account import orders.jwt',
    '<%= config.bin %> account import orders.jwt --overwrite --dry-run',
    '<%= config.bin %> account import ../staging/orders.jwt --force',
  ];
  static override args = {
    file: Args.string({ description: 'File with the JWT (bare or armored), its URL, a token, or - for stdin.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    file: Flags.string({ char: 'j', description: 'As FILE; as nsc names it.', hidden: true, env: 'NATSCTL_FILE' }),
    overwrite: Flags.boolean({
      description: 'Replace the account that is here by what the JWT says.',
      env: 'NATSCTL_OVERWRITE',
    }),
    force: Flags.boolean({
      char: 'F',
      description: 'Take an account that another operator signed, and sign it here.',
      env: 'NATSCTL_FORCE',
    }),
    skip: Flags.boolean({
      description: 'Take it although it is expired or not within the rules, to be mended here. It is never signed so.',
      env: 'NATSCTL_SKIP',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ImportedAccount> {
    const { args, flags } = await this.parse(AccountImport);
    const source = await required(args.file ?? flags.file, 'FILE', 'File with the JWT of the account');
    const workspace = await this.workspace(flags);
    const imported = await importAccount(workspace, {
      text: await tokenText(source),
      overwrite: flags.overwrite,
      force: flags.force,
      skip: flags.skip,
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(showChange(`account ${imported.name}`, imported));
    if (!this.jsonEnabled()) {
      for (const warning of imported.warnings) this.note(warning);
      if (imported.resigned) this.note(`signed by ${imported.issuer}: it holds once it is pushed (\`natsctl push\`)`);
    }
    return imported;
  }
}
