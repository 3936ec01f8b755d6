import { Args } from '@oclif/core';
import { atFlag, parseAt, targetFlag } from '../../activation/flags.js';
import { type ActivationRevocation, revokeActivation } from '../../activation/revocations.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeNotes, changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { chooseExport } from '../../export/find.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { required } from '../../prompt.js';

export default class ActivationRevoke extends NatsctlCommand {
  static override description = 'Make the activations that an account was given for an export until now void.';
  static override hiddenAliases = ['revocations:add-activation', 'revocations:add_activation'];
  static override examples = [
    "<%= config.bin %> activation revoke 'invoices.*' --account billing --target-account shop",
    "<%= config.bin %> activation revoke 'invoices.*' --account billing --target-account '*'    # everybody's",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the export.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    ...targetFlag,
    ...atFlag,
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<ActivationRevocation> {
    const { args, flags } = await this.parse(ActivationRevoke);
    const workspace = await this.workspace(flags);
    const asked = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, asked, 'Which export', (one) => one.token_req === true);
    const target = await required(flags['target-account'], '--target-account', "Whose activations ('*' for all)");
    const wanted = { account: flags.account, export: chosen, target, at: parseAt(flags.at, workspace.now) };
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await revokeActivation(workspace, wanted, options);
    const who = target === '*' ? 'every account' : target;
    const text = `activations of ${who} for ${done.subject} issued until ${showTime(done.revokedAt)} are void`;
    this.print(changeText(done, safeText(text)));
    if (!this.jsonEnabled()) for (const note of changeNotes(done)) this.note(note);
    return done;
  }
}
