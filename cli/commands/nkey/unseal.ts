import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { b64Flag, keystoreFlag, outputFlags } from '../../nkey/flags.js';
import { dataOf, publicKeyOf, seedOf } from '../../nkey/key.js';
import { unsealData } from '../../nkey/use.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';
import { writeNewFile } from '../../user/creds.js';

export default class NkeyUnseal extends NatsctlCommand {
  static override description =
    'Open what was sealed for this curve key; refused where it was changed or is of another sender.';
  static override hiddenAliases = ['nkey:open', 'nkey:decrypt', 'nkey:dec'];
  static override examples = ['<%= config.bin %> nkey unseal plan.sealed mine.nk XTHEIRS... --output plan.txt'];
  static override args = {
    file: Args.string({ description: 'What was sealed; - for stdin.' }),
    key: Args.string({ description: 'File with your curve seed, or its public key in the keystore.' }),
    sender: Args.string({ description: 'Public curve key of who sealed it.' }),
  };
  static override flags = { ...keystoreFlag, ...outputFlags, ...b64Flag };

  async run() {
    const { args, flags } = await this.parse(NkeyUnseal);
    const file = await required(args.file, 'FILE', 'File');
    const seed = await seedOf(await required(args.key, 'KEY', 'Your key'), resolvePaths(this.settings(flags)).keystore);
    const sender = await publicKeyOf(await required(args.sender, 'SENDER', 'Public key of the sender'));
    const data = unsealData(seed, sender, await dataOf(file), !flags.b64);
    if (flags.output === undefined) {
      if (!this.jsonEnabled()) process.stdout.write(data);
      return { key: seed.publicKey, sender, bytes: data.length, base64: Buffer.from(data).toString('base64') };
    }
    const written = await writeNewFile(flags.output, data, flags.force);
    this.print(`${written}\n`);
    return { key: seed.publicKey, sender, bytes: data.length, file: written };
  }
}
