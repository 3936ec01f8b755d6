import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag, showChange } from '../../change/show.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { required } from '../../prompt.js';
import { tokenText } from '../../token/text.js';
import { type ImportedUser, importUser } from '../../user/import.js';

export default class UserImport extends NatsctlCommand {
  static override description =
    'Take a loose user JWT or creds into the store, below the account that signed it.\nThe private key of creds goes into the keystore.';
  static override hiddenAliases = ['import:user'];
  static override examples = [
    '<%= config.bin %> user import checkout.creds',
    '<%= config.bin %> user import checkout.jwt --overwrite',
  ];
  static override args = {
    file: Args.string({ description: 'Creds, a file with the JWT (bare or armored), a token, or - for stdin.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    file: Flags.string({ char: 'f', description: 'As FILE; as nsc names it.', hidden: true, env: 'NATSCTL_FILE' }),
    overwrite: Flags.boolean({ description: 'Replace the JWT of the user that is here.', env: 'NATSCTL_OVERWRITE' }),
    skip: Flags.boolean({
      description: 'Take it although it is expired or not within the rules, to be mended here.',
      env: 'NATSCTL_SKIP',
    }),
    ...dryRunFlag,
  };

  async run(): Promise<ImportedUser> {
    const { args, flags } = await this.parse(UserImport);
    const source = await required(args.file ?? flags.file, 'FILE', 'Creds, or file with the JWT of the user');
    const imported = await importUser(await this.workspace(flags), {
      text: await tokenText(source),
      overwrite: flags.overwrite,
      skip: flags.skip,
      dryRun: flags['dry-run'],
    });
    this.print(
      showChange(`user ${imported.account}/${imported.name}`, imported) +
        pairs([['creds', imported.dryRun ? null : imported.creds]]),
    );
    if (!this.jsonEnabled()) for (const warning of imported.warnings) this.note(warning);
    return imported;
  }
}
