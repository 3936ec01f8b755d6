import path from 'node:path';
import { Args, Flags } from '@oclif/core';
import { readBackup } from '../backup/read.js';
import { type Restored, restoreBackup } from '../backup/restore.js';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { usageError } from '../errors.js';
import { storeFlags } from '../flags.js';
import { seedOf } from '../nkey/key.js';
import { safeText } from '../output/safe-text.js';
import { table } from '../output/table.js';
import { required } from '../prompt.js';
import { passphraseOf } from '../sealed/passphrase.js';
import { resolvePaths } from '../store/paths.js';

export default class Restore extends NatsctlCommand {
  static override summary = 'Put back what `backup` wrote: all of it or nothing.';
  static override description =
    'Every token and seed is verified before anything is written; what is there and differs is not replaced without --force. ' +
    'Reads backups of `nats auth operator backup` too.';
  static override examples = [
    '<%= config.bin %> restore acme.backup --dry-run',
    '<%= config.bin %> restore acme.backup',
    '<%= config.bin %> restore all.backup --key curve.nk --store ./stores --keystore ./keys',
  ];
  static override args = { file: Args.string({ description: 'The backup.' }) };
  static override flags = {
    ...storeFlags,
    key: Flags.string({
      description: 'File with the curve seed it is encrypted to, or its public key where the seed is in the keystore.',
      helpValue: 'FILE',
      env: 'NATSCTL_KEY',
    }),
    'passphrase-file': Flags.string({
      description: 'Private file (mode 600) whose first line is the passphrase of the backup. Default: a question.',
      helpValue: 'FILE',
      env: 'NATSCTL_BACKUP_PASSPHRASE_FILE',
    }),
    creds: Flags.boolean({
      description: 'Creds files too (the default).',
      default: true,
      allowNo: true,
      env: 'NATSCTL_BACKUP_CREDS',
    }),
    force: Flags.boolean({ char: 'F', description: 'Replace files that differ.', env: 'NATSCTL_FORCE' }),
    'dry-run': Flags.boolean({
      description: 'Verify it, show what would be written, and write nothing.',
      env: 'NATSCTL_DRY_RUN',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(Restore);
    const file = path.resolve(await required(args.file, 'FILE', 'The backup'));
    const paths = resolvePaths(this.settings(flags));
    if (flags.key !== undefined && /^S[OAUNCX][A-Z2-7]{56}$/.test(flags.key)) {
      throw usageError(
        '--key is a file, not a seed',
        'other users of this machine see what is written on a command line',
      );
    }
    const curve = flags.key === undefined ? null : await seedOf(flags.key, paths.keystore);
    const passphrase = () =>
      passphraseOf(flags['passphrase-file'], `Passphrase of ${file}`, '--passphrase-file or --key');
    const backup = await readBackup(file, { passphrase, curve });
    const done = await restoreBackup(paths, file, backup, {
      force: flags.force,
      creds: flags.creds,
      dryRun: flags['dry-run'] === true,
      now: currentTime(),
      progress: (label, total) => this.progress(label, total),
    });
    this.show(done);
    if (!this.jsonEnabled()) for (const warning of done.warnings) this.note(warning);
    return { file, ...done };
  }

  private show({ files, dryRun, operators, accounts, users, seeds, creds }: Restored): void {
    const changed = files.filter(({ state }) => state !== 'same');
    if (dryRun && changed.length > 0)
      this.print(
        table(
          ['FILE', 'IS'],
          changed.map(({ file, state }) => [file, state]),
        ),
      );
    const what = `${operators.join(', ')}: ${accounts} accounts, ${users} users, ${seeds} seeds, ${creds} creds`;
    const result = `${changed.length} files ${dryRun ? 'would be' : 'are'} written, ${files.length - changed.length} are as they were`;
    this.print(`${safeText(what)}\n${result}\n`);
  }
}
