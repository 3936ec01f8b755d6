import { Args, Flags } from '@oclif/core';
import { type CommonFlags, NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { usageError } from '../../errors.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { type MappingChanged, type MappingsChanged, putMapping, putMappings } from '../../mapping/change.js';
import { readMappings } from '../../mapping/file.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';

export default class MappingCreate extends NatsctlCommand {
  static override description =
    'Publish what is sent to one subject of an account to another, all of it or a share.\nThe same FROM and TO again gives it another weight.';
  static override hiddenAliases = ['mapping:add', 'mapping:edit'];
  static override examples = [
    "<%= config.bin %> mapping create 'old.*' 'new.{{wildcard(1)}}' --account shop",
    '<%= config.bin %> mapping create orders orders.canary --weight 10 --account shop',
    '<%= config.bin %> mapping create --from-file mappings.yaml --account shop --dry-run',
  ];
  static override args = {
    from: Args.string({ description: 'Subject that is published to; wildcards allowed.' }),
    to: Args.string({ description: 'Where it goes instead.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    weight: Flags.integer({
      description: 'Share of the messages in percent. Default: all.',
      min: 1,
      max: 100,
      env: 'NATSCTL_WEIGHT',
    }),
    cluster: Flags.string({
      description: 'Only on servers of this cluster.',
      helpValue: 'NAME',
      env: 'NATSCTL_CLUSTER',
    }),
    'from-file': Flags.string({
      description: 'Take many from a file in YAML or JSON, or - for stdin: {FROM: [{subject, weight, cluster}, ...]}.',
      helpValue: 'FILE',
      exclusive: ['weight', 'cluster'],
      env: 'NATSCTL_FROM_FILE',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<MappingChanged | MappingsChanged> {
    const { args, flags } = await this.parse(MappingCreate);
    if (flags['from-file'] !== undefined) {
      if (args.from !== undefined)
        throw usageError('--from-file does not go with FROM', 'the file says what is mapped');
      return this.fromFile(flags['from-file'], flags);
    }
    const from = await required(args.from, 'FROM', 'Subject to map');
    const to = await required(args.to, 'TO', 'Where it goes');
    const wanted = { account: flags.account, from, to, weight: flags.weight, cluster: flags.cluster };
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const made = await putMapping(await this.workspace(flags), wanted, options);
    const share = flags.weight === undefined ? '' : ` with weight ${flags.weight}`;
    this.print(changeText(made, safeText(`account ${made.account} maps ${from} to ${to}${share}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }

  private async fromFile(
    file: string,
    flags: CommonFlags & { account?: string | undefined; 'private-key'?: string | undefined; 'dry-run': boolean },
  ): Promise<MappingsChanged> {
    const mappings = await readMappings(file);
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const made = await putMappings(await this.workspace(flags), { account: flags.account, mappings }, options);
    const count = `${mappings.size} ${mappings.size === 1 ? 'subject' : 'subjects'}`;
    this.print(changeText(made, safeText(`account ${made.account} maps ${count} as ${file} says`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }
}
