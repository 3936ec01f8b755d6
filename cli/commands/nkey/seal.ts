import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { b64Flag, keystoreFlag, outputFlags } from '../../nkey/flags.js';
import { dataOf, publicKeyOf, seedOf } from '../../nkey/key.js';
import { sealData } from '../../nkey/use.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';
import { writeNewFile } from '../../user/creds.js';

export default class NkeySeal extends NatsctlCommand {
  static override description = 'Seal a file with a curve key so that only the recipient can open it (`xkv1`).';
  static override hiddenAliases = ['nkey:encrypt', 'nkey:enc'];
  static override examples = ['<%= config.bin %> nkey seal plan.txt mine.nk XTHEIRS... --output plan.sealed'];
  static override args = {
    file: Args.string({ description: 'What to seal; - for stdin.' }),
    key: Args.string({ description: 'File with your curve seed, or its public key in the keystore.' }),
    recipient: Args.string({ description: 'Public curve key of who may open it.' }),
  };
  static override flags = { ...keystoreFlag, ...outputFlags, ...b64Flag };

  async run() {
    const { args, flags } = await this.parse(NkeySeal);
    const file = await required(args.file, 'FILE', 'File');
    const seed = await seedOf(await required(args.key, 'KEY', 'Your key'), resolvePaths(this.settings(flags)).keystore);
    const recipient = await publicKeyOf(await required(args.recipient, 'RECIPIENT', 'Public key of the recipient'));
    const data = sealData(seed, recipient, await dataOf(file), !flags.b64);
    if (flags.output === undefined) {
      if (!this.jsonEnabled()) process.stdout.write(data);
      return { key: seed.publicKey, recipient, bytes: data.length, base64: Buffer.from(data).toString('base64') };
    }
    const written = await writeNewFile(flags.output, data, flags.force);
    this.print(`${written}\n`);
    return { key: seed.publicKey, recipient, bytes: data.length, file: written };
  }
}
