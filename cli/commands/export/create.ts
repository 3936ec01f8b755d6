import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { createExport, type ExportChanged } from '../../export/change.js';
import { exportFields, exportFlags, typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';

export default class ExportCreate extends NatsctlCommand {
  static override description = 'Let other accounts import a subject of this one: a stream of messages, or a service.';
  static override hiddenAliases = ['export:add'];
  static override examples = [
    "<%= config.bin %> export create 'news.>' --account press",
    "<%= config.bin %> export create 'invoices.*' --service --private --account billing",
    "<%= config.bin %> export create 'usage.*.report' --service --account-token-position 2 --account billing",
  ];
  static override args = { subject: Args.string({ description: 'Subject to export; wildcards allowed.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    ...exportFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ExportChanged> {
    const { args, flags } = await this.parse(ExportCreate);
    const subject = await required(args.subject, 'SUBJECT', 'Subject to export');
    const wanted = {
      ...exportFields(flags),
      subject,
      type: typeOf(flags) ?? ('stream' as const),
      account: flags.account,
    };
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const made = await createExport(await this.workspace(flags), wanted, options);
    const kind = `${made.export.token_req ? 'private' : 'public'} ${made.export.type}`;
    this.print(changeText(made, safeText(`account ${made.account} exports the ${kind} ${made.export.subject}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }
}
