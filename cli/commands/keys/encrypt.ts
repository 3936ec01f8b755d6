import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { storeFlags } from '../../flags.js';
import { type Encryption, encryptKeystore } from '../../keys/encrypt.js';
import { encryptionText, unfinishedNotes } from '../../keys/encryption-text.js';
import { kindFlags, kindsOf, passphraseFileFlag } from '../../sealed/flags.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysEncrypt extends NatsctlCommand {
  static override summary = 'Encrypt the seeds of the keystore with a passphrase.';
  static override description =
    'New seeds are encrypted too from then on (scrypt, AES-256-GCM). nsc does not read encrypted seeds; `keys decrypt` puts them back. ' +
    'Commands that need a seed take the passphrase from the file NATSCTL_PASSPHRASE_FILE names, from `keys agent`, or ask for it. ' +
    'Nobody can open the seeds without it. Creds files hold user seeds in plain text: `--creds remove` takes away those that ' +
    '`user creds` can make again, and writes none any more.';
  static override examples = [
    '<%= config.bin %> keys encrypt',
    '<%= config.bin %> keys encrypt --kind operator,account',
    '<%= config.bin %> keys encrypt --creds remove --passphrase-file ~/.natsctl-passphrase',
  ];
  static override flags = {
    ...storeFlags,
    ...kindFlags,
    creds: Flags.string({
      description: 'What becomes of creds files. Default: as before, at first keep.',
      options: ['keep', 'remove'],
      env: 'NATSCTL_CREDS_FILES',
    }),
    ...passphraseFileFlag,
    ...dryRunFlag,
  };

  async run(): Promise<Encryption> {
    const { flags } = await this.parse(KeysEncrypt);
    const done = await encryptKeystore(resolvePaths(this.settings(flags)), {
      kinds: kindsOf(flags),
      creds: flags.creds as 'keep' | 'remove' | undefined,
      passphraseFile: flags['passphrase-file'],
      dryRun: flags['dry-run'] === true,
      progress: (label, total) => this.progress(label, total),
    });
    this.print(encryptionText(done, 'encrypted'));
    if (!this.jsonEnabled()) {
      const { kept } = done.credsFiles;
      if (kept.length > 0 && done.creds === 'keep' && done.kinds.includes('user')) {
        this.note(`${kept.length} creds files hold user seeds in plain text: --creds remove takes them away`);
      }
      if (done.creds === 'remove') for (const { file, reason } of kept) this.note(`${file} stays: ${reason}`);
    }
    if (!this.jsonEnabled()) for (const note of unfinishedNotes(done)) this.note(note);
    if (done.keys.some(({ result }) => result === 'unreadable')) process.exitCode = 1;
    return done;
  }
}
