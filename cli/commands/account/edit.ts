import { Args, Flags } from '@oclif/core';
import { editAccount } from '../../account/edit.js';
import {
  accountLimitEdit,
  accountLimitFlags,
  authCalloutEdit,
  authCalloutFlags,
  jetStreamEdit,
  jetStreamFlags,
} from '../../account/edit-flags.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeResult, dryRunFlag, showChange } from '../../change/show.js';
import { validityEdit, validityFlags } from '../../change/validity.js';
import { accountFlag, operatorFlag, privateKeyFlag, rmTagFlag, storeFlags, tagEdit, tagFlag } from '../../flags.js';
import { parseWhole } from '../../number.js';
import { permissionEdit, permissionFlags, permissionRemovalFlags, withResponseCount } from '../../permission/flags.js';
import { meantAccount } from '../../pick.js';

export default class AccountEdit extends NatsctlCommand {
  static override description =
    'Change an account: limits, JetStream, permissions its users have by default, auth callout, tracing, texts and times.\nWhat is not given stays as it is.';
  static override examples = [
    '<%= config.bin %> account edit orders --conns 100 --payload 64KiB',
    '<%= config.bin %> account edit orders --js-disk-storage 10GB --js-streams 20 --dry-run',
    "<%= config.bin %> account edit orders --deny-pubsub 'private.>' --allow-pub-response",
    "<%= config.bin %> account edit logins --auth-user decider --allowed-account '*' --xkey generate",
  ];
  static override args = { name: Args.string({ description: 'Name or public key. Default: the current account.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...accountLimitFlags,
    ...jetStreamFlags,
    ...permissionFlags,
    ...permissionRemovalFlags,
    ...authCalloutFlags,
    'trace-context-subject': Flags.string({
      description: "Subject that W3C trace contexts are sent to; '' for none.",
      helpValue: 'SUBJECT',
      env: 'NATSCTL_TRACE_CONTEXT_SUBJECT',
    }),
    'trace-context-sampling': Flags.string({
      description: 'Percent of messages that are traced, 1 to 100.',
      helpValue: 'N',
      env: 'NATSCTL_TRACE_CONTEXT_SAMPLING',
    }),
    'cluster-traffic': Flags.string({
      aliases: ['js-cluster-traffic'],
      description: "Account whose limits the cluster's JetStream traffic counts for.",
      options: ['owner', 'system'],
      env: 'NATSCTL_CLUSTER_TRAFFIC',
    }),
    description: Flags.string({
      description: "What it is for; kept in its JWT. '' for nothing.",
      env: 'NATSCTL_DESCRIPTION',
    }),
    'info-url': Flags.string({
      description: "Where more is said of it; '' for none.",
      helpValue: 'URL',
      env: 'NATSCTL_INFO_URL',
    }),
    ...tagFlag,
    ...rmTagFlag,
    ...validityFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run() {
    const { args, flags } = await this.parse(AccountEdit, withResponseCount(this.argv));
    const workspace = await this.workspace(flags);
    const sampling = flags['trace-context-sampling'];
    const change = await editAccount(
      workspace,
      await meantAccount(workspace, args.name ?? flags.account),
      {
        limits: accountLimitEdit(flags),
        jetStream: jetStreamEdit(flags),
        defaultPermissions: permissionEdit(flags),
        authCallout: authCalloutEdit(flags),
        trace: {
          dest: flags['trace-context-subject'],
          sampling: sampling === undefined ? undefined : parseWhole(sampling, '--trace-context-sampling', 1, 100),
        },
        clusterTraffic: flags['cluster-traffic'],
        description: flags.description,
        infoUrl: flags['info-url'],
        tags: tagEdit(flags),
        ...validityEdit(flags, workspace.now),
      },
      { key: flags['private-key'], dryRun: flags['dry-run'] },
    );
    const { name, warnings } = change;
    const result = { account: name, publicKey: change.after.sub, ...changeResult(change), warnings };
    this.print(showChange(`account ${result.account}`, result));
    if (result.changed && !result.dryRun && !this.jsonEnabled()) {
      this.note('it is in the local store; `natsctl push` brings it to the service');
    }
    for (const warning of warnings) this.note(warning);
    return result;
  }
}
