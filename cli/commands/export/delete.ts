import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { deleteExport, type ExportChanged } from '../../export/change.js';
import { chooseExport } from '../../export/find.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';

export default class ExportDelete extends NatsctlCommand {
  static override description = 'Export a subject no more. Says which imports of this store break by it.';
  static override hiddenAliases = ['export:rm'];
  static override examples = ["<%= config.bin %> export delete 'news.>' --account press"];
  static override args = { subject: Args.string({ description: 'Subject of the export.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ExportChanged> {
    const { args, flags } = await this.parse(ExportDelete);
    const workspace = await this.workspace(flags);
    const wanted = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, wanted, 'Which export');
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const gone = await deleteExport(workspace, { account: flags.account, export: chosen }, options);
    this.print(changeText(gone, safeText(`account ${gone.account} no longer exports ${gone.export.subject}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(gone)) this.note(note);
    return gone;
  }
}
