import { buffer } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
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
    payload: Args.string({ description: 'The message; - reads it from stdin. Default: empty.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    reply: Flags.string({ description: 'Subject for replies.', helpValue: 'SUBJECT', env: 'NATSCTL_REPLY' }),
    header: Flags.string({
      char: 'H',
      description: 'Header of the message, "Name: value"; repeatable.',
      multiple: true,
      env: 'NATSCTL_HEADER',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(Pub);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const message: Message = {
      subject,
      payload: args.payload === '-' ? await buffer(process.stdin) : new TextEncoder().encode(args.payload ?? ''),
      reply: flags.reply,
      headers: flags.header === undefined ? [] : [flags.header].flat(),
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
