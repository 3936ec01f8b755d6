import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeResult, dryRunFlag, showChange } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { usageError } from '../../errors.js';
import { listOf, operatorFlag, privateKeyFlag, rmTagFlag, storeFlags, tagEdit, tagFlag } from '../../flags.js';
import { editOperator } from '../../operator/edit.js';

export default class OperatorEdit extends NatsctlCommand {
  static override description =
    'Change an operator: its addresses, system account, rules and times.\nServers read it from their configuration: `natsctl config generate` writes it anew.';
  static override examples = [
    '<%= config.bin %> operator edit --service-url tls://nats.acme.example:4222 --rm-service-url nats://localhost:4222',
    '<%= config.bin %> operator edit acme --require-signing-keys --dry-run',
  ];
  static override args = { name: Args.string({ description: 'Name of the operator. Default: the current one.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    'service-url': Flags.string({
      description: 'Add where clients connect (nats://, tls://, ws://, wss://); repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'URL',
      env: 'NATSCTL_SERVICE_URL',
    }),
    'rm-service-url': Flags.string({
      description: 'Take such an address away; repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'URL',
      env: 'NATSCTL_RM_SERVICE_URL',
    }),
    'account-server-url': Flags.string({
      aliases: ['account-jwt-server-url'],
      description: "Where accounts are pushed to; a service's root address gets /jwt/v1.",
      helpValue: 'URL',
      env: 'NATSCTL_ACCOUNT_SERVER_URL',
    }),
    'rm-account-server-url': Flags.boolean({
      aliases: ['rm-account-jwt-server-url'],
      description: 'Take that address away.',
      env: 'NATSCTL_RM_ACCOUNT_SERVER_URL',
    }),
    'system-account': Flags.string({
      description: "System account, by name or public key; '' for none.",
      helpValue: 'NAME',
      env: 'NATSCTL_SYSTEM_ACCOUNT',
    }),
    'require-signing-keys': Flags.boolean({
      description: 'Strict mode: identity keys sign neither accounts nor users.',
      allowNo: true,
      env: 'NATSCTL_REQUIRE_SIGNING_KEYS',
    }),
    'assert-server-version': Flags.string({
      description: "Oldest nats-server that may start with it (2.10.0); '' for any.",
      helpValue: 'VERSION',
      env: 'NATSCTL_ASSERT_SERVER_VERSION',
    }),
    ...tagFlag,
    ...rmTagFlag,
    ...validityFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run() {
    const { args, flags } = await this.parse(OperatorEdit);
    if (flags['rm-account-server-url'] && flags['account-server-url'] !== undefined) {
      throw usageError('--rm-account-server-url does not go with --account-server-url');
    }
    const workspace = await this.workspace({ ...flags, operator: args.name ?? flags.operator });
    const change = await editOperator(
      workspace,
      {
        serviceUrls: { add: listOf(flags['service-url']), remove: listOf(flags['rm-service-url']) },
        accountServerUrl: flags['rm-account-server-url'] ? '' : flags['account-server-url'],
        systemAccount: flags['system-account'],
        requireSigningKeys: flags['require-signing-keys'],
        assertServerVersion: flags['assert-server-version'],
        tags: tagEdit(flags),
        ...validityEdit(flags, workspace.now),
      },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    const result = { operator: workspace.store.name, publicKey: change.after.sub, ...changeResult(change) };
    this.print(showChange(`operator ${result.operator}`, result));
    if (result.changed && !result.dryRun && !this.jsonEnabled()) {
      this.note('servers learn of it from their configuration: `natsctl config generate`, then restart or reload them');
    }
    return result;
  }
}
