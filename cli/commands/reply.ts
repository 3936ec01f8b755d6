import process from 'node:process';
import { Args } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
import { listenFlags, untilInterrupted } from '../client/listen.js';
import { checkSubscription, describeMessage, subscribe } from '../client/subscribe.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';
import { writeJsonLine } from '../output/json.js';
import { safeText } from '../output/safe-text.js';
import { required } from '../prompt.js';

export default class Reply extends NatsctlCommand {
  static override description = 'Answer the requests of a subject: with one payload, or with what was asked.';
  static override examples = [
    '<%= config.bin %> reply bank.charge \'{"ok":true}\' --user teller --account bank',
    '<%= config.bin %> reply echo --queue workers --count 10 --creds teller.creds',
  ];
  static override args = {
    subject: Args.string({ description: 'Subject to answer on; * and > stand for words.' }),
    payload: Args.string({ description: 'The answer. Default: the payload of the request.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    ...listenFlags,
  };

  /** The requests were the output; nothing comes after them. */
  override toSuccessJson(): undefined {
    return undefined;
  }

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reply);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const options = { subject, queue: flags.queue, count: flags.count };
    checkSubscription(options);
    const client = await openClient({ ...flags, reconnect: true }, () => this.workspace(flags));
    const json = this.jsonEnabled();
    await untilInterrupted(client, async () => {
      await subscribe(client, options, {
        listening: () => this.note(`answering on ${subject}`),
        deliver: (message) => {
          const answered = message.respond(args.payload ?? message.data);
          if (json) writeJsonLine({ ...describeMessage(message), answered });
          else process.stdout.write(`${safeText(message.subject)}${answered ? '' : ' (no reply subject)'}\n`);
        },
      });
      // The last answer must be out before the connection ends.
      if (!client.connection.isClosed()) await client.connection.flush();
    });
  }
}
