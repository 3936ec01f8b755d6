import { Args } from '@oclif/core';
import { targetFlag } from '../../activation/flags.js';
import { type ActivationRevocation, restoreActivation } from '../../activation/revocations.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { chooseExport } from '../../export/find.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { required } from '../../prompt.js';

export default class ActivationRestore extends NatsctlCommand {
  static override description = 'Take the revocation of activations back: those that it made void count again.';
  static override hiddenAliases = ['revocations:delete-activation', 'revocations:delete_activation'];
  static override examples = [
    "<%= config.bin %> activation restore 'invoices.*' --account billing --target-account shop",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the export.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    ...targetFlag,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ActivationRevocation> {
    const { args, flags } = await this.parse(ActivationRestore);
    const workspace = await this.workspace(flags);
    const asked = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, asked, 'Which export', (one) => one.revocations.size > 0);
    const target = await required(flags['target-account'], '--target-account', "Whose activations ('*' for all)");
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await restoreActivation(workspace, { account: flags.account, export: chosen, target }, options);
    const who = target === '*' ? 'all accounts together' : target;
    this.print(changeText(done, safeText(`the revocation of ${who} for ${done.subject} is taken back`)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
