import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
import { headerFlag, headersOf, payloadArg, payloadOf } from '../client/payload.js';
import { checkMessage, type Message, publish } from '../client/publish.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';
import { required } from '../prompt.js';

export default class Pub extends NatsctlCommand {
  static override description = 'Publish one message as a user of the store, or with a creds file.';
  static override examples = [
    "<%= config.bin %> pub orders.new 'one pizza' --user checkout --account orders",
    "date | <%= config.bin %> pub orders.time - --creds checkout.creds --header 'Source: date'",
  ];
  static override args = {
    subject: Args.string({ description: 'Subject to publish to.' }),
    payload: payloadArg,
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    reply: Flags.string({ description: 'Subject for replies.', helpValue: 'SUBJECT', env: 'NATSCTL_REPLY' }),
    ...headerFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Pub);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const message: Message = {
      subject,
      payload: await payloadOf(args.payload),
      reply: flags.reply,
      headers: headersOf(flags.header),
    };
    checkMessage(message);
    const client = await openClient({ ...flags, reconnect: false }, () => this.workspace(flags));
    try {
      await publish(client, message);
    } finally {
      await client.connection.close();
    }
    if (!this.jsonEnabled()) this.note(`published ${message.payload.length} bytes to ${subject}`);
    return { subject, bytes: message.payload.length, server: client.connection.getServer() };
  }
}
