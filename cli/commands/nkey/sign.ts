import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { keystoreFlag, outputFlags } from '../../nkey/flags.js';
import { dataOf, seedOf } from '../../nkey/key.js';
import { signData } from '../../nkey/use.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';
import { writeNewFile } from '../../user/creds.js';

export default class NkeySign extends NatsctlCommand {
  static override description = 'Sign a file: prints the signature as base64url, as `nk` and `nats auth nkey` do.';
  static override examples = [
    '<%= config.bin %> nkey sign release.tgz account.nk > release.sig',
    'date | <%= config.bin %> nkey sign - UABC...',
  ];
  static override args = {
    file: Args.string({ description: 'What to sign; - for stdin.' }),
    key: Args.string({ description: 'File with a seed, or a public key of the keystore.' }),
  };
  static override flags = { ...keystoreFlag, ...outputFlags };

  async run() {
    const { args, flags } = await this.parse(NkeySign);
    const file = await required(args.file, 'FILE', 'File to sign');
    const seed = await seedOf(await required(args.key, 'KEY', 'Key'), resolvePaths(this.settings(flags)).keystore);
    const signature = await signData(seed, await dataOf(file));
    const written = flags.output === undefined ? null : await writeNewFile(flags.output, signature, flags.force);
    this.print(`${written ?? signature}\n`);
    return { publicKey: seed.publicKey, signature, ...(written !== null && { file: written }) };
  }
}
