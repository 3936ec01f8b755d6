import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { describeImport } from '../../import/describe.js';
import { chooseImport } from '../../import/find.js';
import { sourceFlag } from '../../import/flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { fieldFlag, showField } from '../../token/show.js';

export default class ImportDescribe extends NatsctlCommand {
  static override description =
    'Show an import: its claims, its activation, and whether servers let it, as far as this store knows.\nIt is found by the subject of the exporter, or by the local one.';
  static override hiddenAliases = ['import:info'];
  static override examples = [
    "<%= config.bin %> import describe 'invoices.*' --account shop",
    "<%= config.bin %> import describe 'invoices.*' --account shop --field token",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the import.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...sourceFlag,
    ...typeFlags,
    ...fieldFlag,
  };

  async run() {
    const { args, flags } = await this.parse(ImportDescribe);
    const workspace = await this.workspace(flags);
    const choice = { subject: args.subject, source: flags['source-account'], type: typeOf(flags) };
    const chosen = await chooseImport(workspace, { ...choice, account: flags.account }, 'Which import');
    const shown = await describeImport(workspace, flags.account, chosen);
    if (flags.field !== undefined) return this.present(showField(shown.import, flags.field));
    const { summary } = shown;
    this.print(
      pairs([
        ['import', summary.subject],
        ['name', summary.name],
        ['account', `${shown.account} (${shown.accountKey})`],
        ['type', summary.type],
        ['from', summary.sourceName === null ? summary.source : `${summary.sourceName} (${summary.source})`],
        ['local subject', summary.local],
        ['shares who asks', shown.import.share ? 'yes' : ''],
        ['traces', shown.import.allow_trace ? 'allowed' : ''],
        ['activation until', summary.activationExpires === null ? '' : showTime(summary.activationExpires)],
        ['state', summary.verdict.message ?? summary.verdict.state],
        ['next', summary.verdict.hint],
      ]),
    );
    return shown;
  }
}
