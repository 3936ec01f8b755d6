import { Args } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
import { listenFlags, untilInterrupted } from '../client/listen.js';
import { printPayload } from '../client/payload.js';
import { checkSubscription, describeMessage, subscribe } from '../client/subscribe.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';
import { writeJsonLine } from '../output/json.js';
import { required } from '../prompt.js';

export default class Sub extends NatsctlCommand {
  static override description =
    'Print the messages of a subject, one a line.\nThe payload as it came (made harmless on a terminal), or with --json an object each.';
  static override examples = [
    "<%= config.bin %> sub 'orders.>' --user checkout --account orders",
    "<%= config.bin %> sub 'orders.>' --creds checkout.creds --count 1 --json",
  ];
  static override args = { subject: Args.string({ description: 'Subject to subscribe to; * and > stand for words.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    ...listenFlags,
  };

  /** The messages were the output; nothing comes after them. */
  override toSuccessJson(): undefined {
    return undefined;
  }

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Sub);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const options = { subject, queue: flags.queue, count: flags.count };
    checkSubscription(options);
    const client = await openClient({ ...flags, reconnect: true }, () => this.workspace(flags));
    const json = this.jsonEnabled();
    await untilInterrupted(client, () =>
      subscribe(client, options, {
        listening: () => this.note(`listening on ${subject}`),
        deliver: (message) => (json ? writeJsonLine(describeMessage(message)) : printPayload(message)),
      }),
    );
  }
}
