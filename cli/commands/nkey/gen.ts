import { Args, Flags } from '@oclif/core';
import type { KeyKind } from '../../../claims/keys/nkey.js';
import { NatsctlCommand } from '../../base-command.js';
import { usageError } from '../../errors.js';
import { keystoreFlag, outputFlags } from '../../nkey/flags.js';
import { generateKeys } from '../../nkey/generate.js';
import { KEY_KINDS } from '../../nkey/key.js';
import { pairs } from '../../output/table.js';
import { requiredChoice } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';

export default class NkeyGen extends NatsctlCommand {
  static override description =
    'Make keys of any kind. The seed goes to a private file, into the keystore, or is shown where that is asked for.';
  static override hiddenAliases = ['generate:nkey'];
  static override examples = [
    '<%= config.bin %> nkey gen user --output user.nk',
    '<%= config.bin %> nkey gen account --save',
    '<%= config.bin %> nkey gen curve --show-seed',
  ];
  static override strict = false;
  static override args = {
    kind: Args.string({ description: `Kinds: ${Object.keys(KEY_KINDS).join(', ')}.` }),
  };
  static override flags = {
    ...keystoreFlag,
    ...outputFlags,
    save: Flags.boolean({ char: 'S', description: 'Keep it in the keystore.', env: 'NATSCTL_SAVE' }),
    'show-seed': Flags.boolean({ description: 'Print the seed.', env: 'NATSCTL_SHOW_SEED' }),
  };

  async run() {
    const { argv, flags } = await this.parse(NkeyGen);
    const words = argv as string[];
    const asked = words.length > 0 ? words : [await requiredChoice(undefined, 'KIND', 'Kind', Object.keys(KEY_KINDS))];
    const kinds = asked.map((word): KeyKind => {
      const kind = Object.hasOwn(KEY_KINDS, word) ? KEY_KINDS[word] : undefined;
      if (kind === undefined)
        throw usageError(`${word} is no kind of key`, `one of: ${Object.keys(KEY_KINDS).join(', ')}`);
      return kind;
    });
    const keys = await generateKeys({
      kinds,
      output: flags.output,
      force: flags.force,
      keystore: flags.save ? resolvePaths(this.settings(flags)).keystore : undefined,
      showSeed: flags['show-seed'],
    });
    for (const { kind, publicKey, file, seed } of keys) {
      this.print(
        pairs([
          ['kind', kind],
          ['public key', publicKey],
          ['seed', seed],
          ['file', file],
        ]),
      );
    }
    return { keys };
  }
}
