import { Args, Flags } from '@oclif/core';
import { decodePublicKey, isPublicKey } from '../../../claims/keys/nkey.js';
import { NatsctlCommand } from '../../base-command.js';
import { keystoreFlag } from '../../nkey/flags.js';
import { publicKeyOf, seedOf } from '../../nkey/key.js';
import { pairs } from '../../output/table.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';

export default class NkeyShow extends NatsctlCommand {
  static override description = 'Show the public key and the kind of a key; its seed only where that is asked for.';
  static override examples = ['<%= config.bin %> nkey show user.nk', 'cat user.nk | <%= config.bin %> nkey show -'];
  static override args = {
    key: Args.string({ description: 'File with a seed or creds, - for stdin, a seed, or a public key.' }),
  };
  static override flags = {
    ...keystoreFlag,
    'show-seed': Flags.boolean({ description: 'Print the seed.', env: 'NATSCTL_SHOW_SEED' }),
  };

  async run() {
    const { args, flags } = await this.parse(NkeyShow);
    const text = await required(args.key, 'KEY', 'File or key');
    const seed =
      flags['show-seed'] || /^S/.test(text) ? await seedOf(text, resolvePaths(this.settings(flags)).keystore) : null;
    const publicKey = seed?.publicKey ?? (isPublicKey(text) ? text : await publicKeyOf(text));
    const { kind } = decodePublicKey(publicKey);
    const shown = flags['show-seed'] && seed !== null ? { seed: seed.reveal() } : {};
    this.print(
      pairs([
        ['kind', kind],
        ['public key', publicKey],
        ['seed', shown.seed],
      ]),
    );
    return { kind, publicKey, ...shown };
  }
}
