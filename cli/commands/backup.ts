import path from 'node:path';
import { Args, Flags } from '@oclif/core';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { collectBackup } from '../backup/collect.js';
import { refuseTaken, writeBackup } from '../backup/write.js';
import { NatsctlCommand } from '../base-command.js';
import { listOf, operatorFlag, storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { required } from '../prompt.js';
import { newPassphrase } from '../sealed/passphrase.js';

export default class Backup extends NatsctlCommand {
  static override summary = 'Write an operator with all its accounts, users, seeds and creds into one encrypted file.';
  static override description =
    'Encrypted with a passphrase (scrypt, AES-256-GCM), or to curve keys whose seeds are kept elsewhere. `restore` reads it.';
  static override examples = [
    '<%= config.bin %> backup acme.backup',
    '<%= config.bin %> backup all.backup --all --recipient XDKZ...',
    '<%= config.bin %> backup acme.backup --passphrase-file ~/.backup-passphrase --no-creds',
  ];
  static override args = { file: Args.string({ description: 'File to write, private to you.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    all: Flags.boolean({
      char: 'A',
      description: 'Every operator of the store, and every seed of the keystore.',
      env: 'NATSCTL_ALL',
    }),
    creds: Flags.boolean({
      description: 'Creds files too (the default).',
      default: true,
      allowNo: true,
      env: 'NATSCTL_BACKUP_CREDS',
    }),
    recipient: Flags.string({
      description:
        'Public curve key (X...) that can open it; repeatable. There is no passphrase then, but that of --passphrase-file.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'XKEY',
      env: 'NATSCTL_RECIPIENT',
    }),
    'passphrase-file': Flags.string({
      description: 'Private file (mode 600) whose first line is the passphrase of the backup. Default: a question.',
      helpValue: 'FILE',
      env: 'NATSCTL_BACKUP_PASSPHRASE_FILE',
    }),
    plain: Flags.boolean({
      description: 'Do not encrypt it. Whoever reads the file is the operator.',
      exclusive: ['recipient'],
      env: 'NATSCTL_PLAIN',
    }),
    force: Flags.boolean({ char: 'F', description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
    'dry-run': Flags.boolean({ description: 'Read everything and write nothing.', env: 'NATSCTL_DRY_RUN' }),
  };

  async run() {
    const { args, flags } = await this.parse(Backup);
    const file = path.resolve(await required(args.file, 'FILE', 'File to write'));
    const dryRun = flags['dry-run'] === true;
    const xkeys = listOf(flags.recipient);
    for (const key of xkeys) decodePublicKey(key, 'curve');
    if (!dryRun) await refuseTaken(file, flags.force);
    const workspace = await this.workspace(flags);
    const passphrase = await this.passphrase(flags, xkeys, dryRun);
    const wanted = {
      all: flags.all,
      creds: flags.creds,
      progress: (label: string, total: number) => this.progress(label, total),
    };
    const { records, ...held } = await collectBackup(workspace, wanted);
    const recipients = flags.plain ? null : { passphrase, xkeys };
    const encryption = flags.plain ? 'none' : passphrase === undefined ? 'xkey' : 'passphrase';
    const options = { recipients, force: flags.force, now: workspace.now };
    const bytes = dryRun ? 0 : await writeBackup(file, records, options);
    const { operators, accounts, users, seeds, creds } = held;
    const what = `${operators.join(', ')}: ${accounts} accounts, ${users} users, ${seeds} seeds, ${creds} creds`;
    this.print(safeText(dryRun ? `would be backed up: ${what}` : `${file}: ${what}`).concat('\n'));
    if (!this.jsonEnabled()) {
      if (held.missingSeeds > 0) this.note(`${held.missingSeeds} keys have no seed here: they are not in the backup`);
      for (const one of held.skipped) this.note(`${one} holds no creds: it is not in the backup`);
      if (encryption === 'none' && !dryRun) this.note('the backup is not encrypted: whoever reads it is the operator');
    }
    return { file, dryRun, encryption, bytes, ...held };
  }

  private async passphrase(
    flags: { plain: boolean; 'passphrase-file'?: string | undefined },
    xkeys: string[],
    dryRun: boolean,
  ): Promise<string | undefined> {
    const file = flags['passphrase-file'];
    if (flags.plain || dryRun || (xkeys.length > 0 && file === undefined)) return undefined;
    const how = '--passphrase-file, --recipient X..., or --plain to leave it unencrypted';
    return newPassphrase(file, 'the backup', how);
  }
}
