import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { usageError } from '../../errors.js';
import { type ExportChanged, editExport } from '../../export/change.js';
import { chooseExport } from '../../export/find.js';
import { exportFields, exportFlags, typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';

export default class ExportEdit extends NatsctlCommand {
  static override description =
    'Change an export. What is not named stays; an empty text or 0 takes a value away.\nSays which imports of this store break by it.';
  static override examples = [
    "<%= config.bin %> export edit 'invoices.*' --account billing --private",
    "<%= config.bin %> export edit 'invoices.*' --account billing --latency latency.invoices --sampling 10",
    "<%= config.bin %> export edit 'invoices.*' --account billing --remove-latency --description ''",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the export.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    ...exportFlags,
    'new-subject': Flags.string({
      description: 'Export this subject instead; importers must follow.',
      helpValue: 'SUBJECT',
      env: 'NATSCTL_NEW_SUBJECT',
    }),
    'new-type': Flags.string({
      description: 'Make it a stream or a service; importers must follow.',
      options: ['stream', 'service'],
      env: 'NATSCTL_NEW_TYPE',
    }),
    'remove-latency': Flags.boolean({
      aliases: ['rm-latency-sampling'],
      description: 'Measure no latencies any more.',
      exclusive: ['latency', 'sampling'],
      env: 'NATSCTL_REMOVE_LATENCY',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ExportChanged> {
    const { args, flags } = await this.parse(ExportEdit);
    const fields = {
      ...exportFields(flags),
      subject: flags['new-subject'],
      type: flags['new-type'] as 'stream' | 'service' | undefined,
      ...(flags['remove-latency'] && { latency: '' }),
    };
    if (Object.values(fields).every((value) => value === undefined)) {
      throw usageError('nothing to change was named', 'see `natsctl export edit --help`');
    }
    const workspace = await this.workspace(flags);
    const wanted = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, wanted, 'Which export');
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const made = await editExport(workspace, { account: flags.account, export: chosen, fields }, options);
    this.print(
      changeText(made, safeText(`the export of ${made.export.subject} by account ${made.account} is changed`)),
    );
    if (!this.jsonEnabled()) for (const note of changeNotes(made)) this.note(note);
    return made;
  }
}
