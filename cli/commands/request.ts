import { buffer } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
import { checkMessage } from '../client/publish.js';
import { request } from '../client/request.js';
import { describeMessage, type Received } from '../client/subscribe.js';
import { parseDuration } from '../duration.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';
import { safeBlock } from '../output/safe-text.js';
import { required } from '../prompt.js';

export default class RequestCommand extends NatsctlCommand {
  static override description = 'Ask on a subject and print the answer, as a user of the store or with a creds file.';
  static override hiddenAliases = ['req'];
  static override examples = [
    '<%= config.bin %> request bank.charge \'{"cents":100}\' --user checkout --account orders',
    '<%= config.bin %> request $SYS.REQ.SERVER.PING --replies 3 --timeout 2s --creds sys.creds',
  ];
  static override args = {
    subject: Args.string({ description: 'Subject to ask on.' }),
    payload: Args.string({ description: 'The message; - reads it from stdin. Default: empty.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    timeout: Flags.string({
      description: 'How long to wait for answers.',
      default: '5s',
      helpValue: 'SPAN',
      env: 'NATSCTL_TIMEOUT',
    }),
    replies: Flags.integer({ description: 'Answers to wait for.', default: 1, min: 1, env: 'NATSCTL_REPLIES' }),
    header: Flags.string({
      char: 'H',
      description: 'Header of the message, "Name: value"; repeatable.',
      multiple: true,
      env: 'NATSCTL_HEADER',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(RequestCommand);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const message = {
      subject,
      payload: args.payload === '-' ? await buffer(process.stdin) : new TextEncoder().encode(args.payload ?? ''),
      headers: flags.header === undefined ? [] : [flags.header].flat(),
      timeoutMs: Math.max(1, Math.ceil(parseDuration(flags.timeout) / 1e6)),
      replies: flags.replies,
    };
    checkMessage(message);
    const client = await openClient({ ...flags, reconnect: false }, () => this.workspace(flags));
    const replies: Received[] = [];
    try {
      await request(client, message, (answer) => {
        replies.push(describeMessage(answer));
        if (this.jsonEnabled()) return;
        if (process.stdout.isTTY) process.stdout.write(`${safeBlock(answer.string())}\n`);
        else process.stdout.write(Buffer.concat([answer.data, Buffer.from('\n')]));
      });
    } finally {
      await client.connection.close();
    }
    return { subject, replies };
  }
}
