import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { deleteMapping, type MappingChanged } from '../../mapping/change.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';

export default class MappingDelete extends NatsctlCommand {
  static override description = 'Remove one destination of a mapped subject, or the whole mapping.';
  static override hiddenAliases = ['mapping:rm'];
  static override examples = [
    '<%= config.bin %> mapping delete orders orders.canary --account shop',
    "<%= config.bin %> mapping delete 'old.*' --account shop",
  ];
  static override args = {
    from: Args.string({ description: 'Subject that is mapped.' }),
    to: Args.string({ description: 'Destination to remove. Default: all.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    cluster: Flags.string({
      description: "Only the destination for this cluster; '' is the one for all clusters.",
      helpValue: 'NAME',
      env: 'NATSCTL_CLUSTER',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<MappingChanged> {
    const { args, flags } = await this.parse(MappingDelete);
    const from = await required(args.from, 'FROM', 'Mapped subject');
    const wanted = { account: flags.account, from, to: args.to, cluster: flags.cluster };
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await deleteMapping(await this.workspace(flags), wanted, options);
    const what = args.to === undefined ? from : `${from} to ${args.to}`;
    this.print(changeText(done, safeText(`account ${done.account} no longer maps ${what}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
