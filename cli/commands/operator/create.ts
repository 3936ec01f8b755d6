import { Args, Flags } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { listOf, storeFlags, tagFlag } from '../../flags.js';
import { type CreatedOperator, createOperator } from '../../operator/create.js';
import { pairs } from '../../output/table.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';

export default class OperatorCreate extends NatsctlCommand {
  static override description =
    'Make an operator with a signing key, a system account and a system user, in the local store.';
  static override hiddenAliases = ['operator:add'];
  static override examples = [
    '<%= config.bin %> operator create acme',
    '<%= config.bin %> operator create acme --service-url nats://nats.acme.example:4222 --account-server-url https://jwt.acme.example',
  ];
  static override args = { name: Args.string({ description: 'Name of the operator; names its folder.' }) };
  static override flags = {
    ...storeFlags,
    'signing-key': Flags.boolean({
      description: 'Make a signing key, so that the identity key can be put away.',
      default: true,
      allowNo: true,
      env: 'NATSCTL_SIGNING_KEY',
    }),
    'require-signing-keys': Flags.boolean({
      description: 'Strict mode: identity keys sign neither accounts nor users.',
      // Without it the value is undefined, whatever its type says, and `strict` missing from the JSON.
      default: false,
      env: 'NATSCTL_REQUIRE_SIGNING_KEYS',
    }),
    'service-url': Flags.string({
      description: 'Where clients connect (nats://, tls://, ws://, wss://); repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'URL',
      env: 'NATSCTL_SERVICE_URL',
    }),
    'account-server-url': Flags.string({
      description: "Where accounts are pushed to; a service's root address gets /jwt/v1.",
      helpValue: 'URL',
      env: 'NATSCTL_ACCOUNT_SERVER_URL',
    }),
    ...validityFlags,
    ...tagFlag,
    ...dryRunFlag,
  };

  async run(): Promise<CreatedOperator> {
    const { args, flags } = await this.parse(OperatorCreate);
    const name = await required(args.name, 'NAME', 'Name of the operator', (text) => checkEntityName(text, 'operator'));
    const now = currentTime();
    const created = await createOperator(
      resolvePaths(this.settings(flags)),
      {
        name,
        signingKey: flags['signing-key'],
        requireSigningKeys: flags['require-signing-keys'],
        serviceUrls: listOf(flags['service-url']),
        accountServerUrl: flags['account-server-url'],
        ...validityEdit(flags, now),
        tags: listOf(flags.tag).map((tag) => tag.toLowerCase()),
        dryRun: flags['dry-run'],
      },
      now,
    );
    if (created.dryRun) this.note(`operator ${created.name} would be created; nothing was written`);
    const { systemAccount } = created;
    this.print(
      pairs([
        ['operator', created.name],
        ['public key', created.publicKey],
        ['signing key', created.signingKeys.join(', ')],
        ['system account', `${systemAccount.name} (${systemAccount.publicKey})`],
        ['system user', `${systemAccount.user.name} (${systemAccount.user.publicKey})`],
        ['its creds', systemAccount.user.creds],
        ['store', created.store],
      ]),
    );
    return created;
  }
}
