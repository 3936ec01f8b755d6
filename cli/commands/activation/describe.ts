import { Args } from '@oclif/core';
import { describeActivation } from '../../activation/describe.js';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { required } from '../../prompt.js';

export default class ActivationDescribe extends NatsctlCommand {
  static override description =
    'Show an activation token: what it lets whom import, and whether it would be taken now, as far as this store knows.';
  static override examples = [
    '<%= config.bin %> activation describe shop.activation.jwt',
    "<%= config.bin %> activation create 'invoices.*' -a billing -t shop | <%= config.bin %> activation describe -",
  ];
  static override args = {
    source: Args.string({ description: 'A file, a web address, the token itself, or - for stdin.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag };

  async run() {
    const { args, flags } = await this.parse(ActivationDescribe);
    const source = await required(args.source, 'SOURCE', 'File with the token');
    const shown = await describeActivation(await this.workspace(flags), source);
    const { verdict } = shown;
    const named = (key: string, name: string | null) => (name === null ? key : `${name} (${key})`);
    this.print(
      pairs([
        ['activation', shown.subject],
        ['type', shown.type],
        ['exported by', named(shown.exporter, shown.exporterName)],
        ['imported by', named(shown.importer, shown.importerName)],
        ['issuer', shown.issuer],
        ['issued', showTime(shown.issuedAt)],
        ['not before', shown.notBefore === 0 ? '' : showTime(shown.notBefore)],
        ['expires', showTime(shown.expires)],
        [
          'state',
          verdict.message ?? (verdict.state === 'unknown' ? 'the exporting account is not here' : verdict.state),
        ],
        ['next', verdict.hint],
      ]),
    );
    return shown;
  }
}
