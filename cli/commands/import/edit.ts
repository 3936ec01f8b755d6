import { Args, Flags } from '@oclif/core';
import { readActivation } from '../../activation/source.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { usageError } from '../../errors.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { editImport } from '../../import/change.js';
import type { ImportChanged } from '../../import/create.js';
import { chooseImport } from '../../import/find.js';
import { importFlags, sourceFlag } from '../../import/flags.js';
import { safeText } from '../../output/safe-text.js';
import { parseTime } from '../../time.js';

export default class ImportEdit extends NatsctlCommand {
  static override description =
    'Change an import. What is not named stays; an empty text takes a value away.\nIt is found by the subject of the exporter, or by the local one.';
  static override examples = [
    "<%= config.bin %> import edit 'news.>' --account reader --local-subject 'press.>'",
    "<%= config.bin %> import edit 'invoices.*' --account shop --renew --activation-expiry 90d",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the import.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...sourceFlag,
    ...typeFlags,
    ...importFlags,
    'new-subject': Flags.string({
      description: "Import this subject of the exporter's instead.",
      helpValue: 'SUBJECT',
      env: 'NATSCTL_NEW_SUBJECT',
    }),
    renew: Flags.boolean({
      description: "Make a new activation, with the exporting account's key in this store.",
      exclusive: ['token'],
      env: 'NATSCTL_RENEW',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ImportChanged> {
    const { args, flags } = await this.parse(ImportEdit);
    const workspace = await this.workspace(flags);
    const expiry = flags['activation-expiry'];
    const fields = {
      name: flags.name,
      subject: flags['new-subject'],
      local: flags['local-subject'],
      share: flags.share,
      allowTrace: flags['allow-trace'],
      activation: flags.token === undefined ? undefined : await readActivation(flags.token),
      renew: flags.renew
        ? { expiry: expiry === undefined ? undefined : parseTime(expiry, workspace.now), key: flags['activation-key'] }
        : undefined,
    };
    if (Object.values(fields).every((value) => value === undefined)) {
      throw usageError('nothing to change was named', 'see `natsctl import edit --help`');
    }
    const choice = { subject: args.subject, source: flags['source-account'], type: typeOf(flags) };
    const chosen = await chooseImport(workspace, { ...choice, account: flags.account }, 'Which import');
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const wanted = { account: flags.account, import: chosen, fields, unmatched: flags.unmatched };
    const made = await editImport(workspace, wanted, options);
    this.print(
      changeText(made, safeText(`the import of ${made.import.subject} by account ${made.account} is changed`)),
    );
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }
}
