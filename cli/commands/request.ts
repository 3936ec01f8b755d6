import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { clientFlags } from '../client/flags.js';
import { headerFlag, headersOf, payloadArg, payloadOf, printPayload } from '../client/payload.js';
import { checkMessage } from '../client/publish.js';
import { request } from '../client/request.js';
import { describeMessage, type Received } from '../client/subscribe.js';
import { parseDuration } from '../duration.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';
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
    payload: payloadArg,
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
    ...headerFlag,
  };

  async run() {
    const { args, flags } = await this.parse(RequestCommand);
    const subject = await required(args.subject, 'SUBJECT', 'Subject');
    const message = {
      subject,
      payload: await payloadOf(args.payload),
      headers: headersOf(flags.header),
      timeoutMs: Math.max(1, Math.ceil(parseDuration(flags.timeout) / 1e6)),
      replies: flags.replies,
    };
    checkMessage(message);
    const client = await openClient({ ...flags, reconnect: false }, () => this.workspace(flags));
    const replies: Received[] = [];
    try {
      await request(client, message, (answer) => {
        replies.push(describeMessage(answer));
        if (!this.jsonEnabled()) printPayload(answer);
      });
    } finally {
      await client.connection.close();
    }
    return { subject, replies };
  }
}
