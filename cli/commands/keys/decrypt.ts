import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { storeFlags } from '../../flags.js';
import { decryptKeystore, type Encryption } from '../../keys/encrypt.js';
import { encryptionText, unfinishedNotes } from '../../keys/encryption-text.js';
import { kindFlags, kindsOf, passphraseFileFlag } from '../../sealed/flags.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysDecrypt extends NatsctlCommand {
  static override description =
    'Put encrypted seeds back into plain text, as nsc reads them. Creds files that were removed are written by `user creds`.';
  static override examples = [
    '<%= config.bin %> keys decrypt',
    '<%= config.bin %> keys decrypt --kind user --passphrase-file ~/.natsctl-passphrase',
  ];
  static override flags = { ...storeFlags, ...kindFlags, ...passphraseFileFlag, ...dryRunFlag };

  async run(): Promise<Encryption> {
    const { flags } = await this.parse(KeysDecrypt);
    const done = await decryptKeystore(resolvePaths(this.settings(flags)), {
      kinds: kindsOf(flags),
      passphraseFile: flags['passphrase-file'],
      dryRun: flags['dry-run'] === true,
      progress: (label, total) => this.progress(label, total),
    });
    this.print(encryptionText(done, 'decrypted'));
    if (!this.jsonEnabled()) for (const note of unfinishedNotes(done)) this.note(note);
    if (done.keys.some(({ result }) => result === 'unreadable')) process.exitCode = 1;
    return done;
  }
}
