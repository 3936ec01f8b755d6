import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { deleteImport } from '../../import/change.js';
import type { ImportChanged } from '../../import/create.js';
import { chooseImport } from '../../import/find.js';
import { sourceFlag } from '../../import/flags.js';
import { safeText } from '../../output/safe-text.js';

export default class ImportDelete extends NatsctlCommand {
  static override description = 'Import a subject no more.';
  static override hiddenAliases = ['import:rm'];
  static override examples = ["<%= config.bin %> import delete 'news.>' --account reader"];
  static override args = { subject: Args.string({ description: "The exporter's subject, or the local one." }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...sourceFlag,
    ...typeFlags,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ImportChanged> {
    const { args, flags } = await this.parse(ImportDelete);
    const workspace = await this.workspace(flags);
    const choice = { subject: args.subject, source: flags['source-account'], type: typeOf(flags) };
    const chosen = await chooseImport(workspace, { ...choice, account: flags.account }, 'Which import');
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const gone = await deleteImport(workspace, { account: flags.account, import: chosen }, options);
    this.print(changeText(gone, safeText(`account ${gone.account} no longer imports ${gone.import.subject}`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(gone)) this.note(note);
    return gone;
  }
}
