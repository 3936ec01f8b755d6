import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dataOf, publicKeyOf } from '../../nkey/key.js';
import { verifyData } from '../../nkey/use.js';
import { required } from '../../prompt.js';
import { exists } from '../../store/atomic.js';

/** One signature of 64 begins with a dash, as a flag does. */
const SIGNATURE_LIKE_A_FLAG = /^-[\w-]{85}$/;
const MARK = '=';

export default class NkeyVerify extends NatsctlCommand {
  static override description = 'Check the signature of a file; ends with 1 where it is not of that key.';
  static override examples = ['<%= config.bin %> nkey verify release.tgz release.sig ABCD...'];
  static override args = {
    file: Args.string({ description: 'What was signed; - for stdin.' }),
    signature: Args.string({ description: 'File with the signature, or the signature.' }),
    key: Args.string({ description: 'Public key, or a file with it or with its seed.' }),
  };

  async run() {
    const words = this.argv.map((word) => (SIGNATURE_LIKE_A_FLAG.test(word) ? `${MARK}${word}` : word));
    const { args } = await this.parse(NkeyVerify, words);
    const file = await required(args.file, 'FILE', 'File that was signed');
    const marked = await required(args.signature, 'SIGNATURE', 'Signature');
    const given = marked.startsWith(`${MARK}-`) ? marked.slice(MARK.length) : marked;
    const publicKey = await publicKeyOf(await required(args.key, 'KEY', 'Public key'));
    const signature = (await exists(given)) ? (await dataOf(given)).toString('latin1') : given;
    verifyData(publicKey, await dataOf(file), signature);
    this.print(`signed by ${publicKey}\n`);
    return { publicKey, verified: true };
  }
}
