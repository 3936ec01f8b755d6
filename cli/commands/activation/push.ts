import { Args } from '@oclif/core';
import { type PushedActivation, pushActivation } from '../../activation/push.js';
import { readActivation } from '../../activation/source.js';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, serviceFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';

export default class ActivationPush extends NatsctlCommand {
  static override description =
    'Leave an activation with an account server, where the importing account can fetch it.\nnats-account-server keeps them; the service of natsctl and nats-servers do not: hand the file over there.';
  static override examples = [
    '<%= config.bin %> activation push shop.activation.jwt --service https://jwt.acme.example',
  ];
  static override args = {
    source: Args.string({ description: 'A file, a web address, the token itself, or - for stdin.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag, ...serviceFlag };

  async run(): Promise<PushedActivation> {
    const { args, flags } = await this.parse(ActivationPush);
    const { token } = await readActivation(await required(args.source, 'SOURCE', 'File with the token'));
    const pushed = await pushActivation(await this.workspace(flags), token, flags.service);
    this.print(safeText(pushed.url).concat('\n'));
    return pushed;
  }
}
