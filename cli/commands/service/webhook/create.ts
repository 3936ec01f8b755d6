import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { listOf } from '../../../flags.js';
import { safeText } from '../../../output/safe-text.js';
import { restFlags, restOptions, scopeFlags, secretFlags } from '../../../rest/flags.js';
import { createWebhook, type MadeWebhook, SIGNATURES } from '../../../rest/webhooks.js';
import { readInput } from '../../../source.js';

const MAX_URL_BYTES = 4_096;

export default class ServiceWebhookCreate extends NatsctlCommand {
  static override description =
    'Have the service tell a URL of changes: those of an operator with its accounts, of one account, or of all of it.\nThe secret that requests are signed with is told once: write it to a file with --output.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> pager https://hooks.example/natsctl --type "account.*" --output pager.secret --token-file admin.token',
    '<%= config.bin %> <%= command.id %> chat - --account orders --signature ed25519 --token-file admin.token < url',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the webhook.', required: true }),
    url: Args.string({
      description: 'https://...; - reads it from stdin, for one that is a secret itself.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...restFlags,
    ...scopeFlags,
    ...secretFlags,
    type: Flags.string({
      description: 'Type of events wanted, repeatable: account.create, or account.*. Default: all.',
      helpValue: 'TYPE',
      multiple: true,
      multipleNonGreedy: true,
      env: 'NATSCTL_TYPE',
    }),
    signature: Flags.option({
      description: 'hmac: by a secret that the receiver has too; ed25519: by a key of which it has the public one.',
      options: SIGNATURES,
      default: 'hmac',
      env: 'NATSCTL_SIGNATURE',
    })(),
  };

  async run(): Promise<MadeWebhook> {
    const { args, flags } = await this.parse(ServiceWebhookCreate);
    const rest = await restOptions(flags);
    const given = args.url;
    const url = given === '-' ? (await readInput('-', { maxBytes: MAX_URL_BYTES })).toString('utf8').trim() : given;
    const made = await createWebhook(rest, { ...flags, name: args.name, url, types: listOf(flags.type) });
    this.note(`webhook ${made.name} is made; id ${made.id}`);
    this.print(`${safeText(made.file ?? made.secret ?? made.publicKey ?? made.id)}\n`);
    return made;
  }
}
