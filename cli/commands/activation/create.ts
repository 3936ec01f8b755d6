import { Args, Flags } from '@oclif/core';
import { armored, createActivation } from '../../activation/create.js';
import { pushActivation } from '../../activation/push.js';
import { NatsctlCommand } from '../../base-command.js';
import { chooseExport } from '../../export/find.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, expiryFlag, operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { required } from '../../prompt.js';
import { parseTime } from '../../time.js';
import { writeNewFile } from '../../user/creds.js';

export default class ActivationCreate extends NatsctlCommand {
  static override description =
    'Sign a token that lets one account import a private export.\nOnly that account can use it; give it to who keeps that account.';
  static override hiddenAliases = ['activation:add'];
  static override examples = [
    "<%= config.bin %> activation create 'invoices.*' --account billing --target-account shop --expiry 90d",
    "<%= config.bin %> activation create 'invoices.eu' --account billing -t A... --output shop.activation.jwt",
  ];
  static override args = {
    subject: Args.string({ description: 'Subject of the export, or a part of it. Default: the only private one.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...typeFlags,
    'target-account': Flags.string({
      char: 't',
      description: 'Account that may import, by name or public key.',
      helpValue: 'NAME',
      env: 'NATSCTL_TARGET_ACCOUNT',
    }),
    ...expiryFlag,
    start: Flags.string({
      description: 'When it begins to hold, written as --expiry.',
      helpValue: 'TIME',
      env: 'NATSCTL_START',
    }),
    output: Flags.string({
      char: 'f',
      description: 'File to write. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
    ...privateKeyFlag,
    push: Flags.boolean({
      description:
        "Leave it with the operator's account server too, where that keeps activations; `activation push` for another one.",
      env: 'NATSCTL_PUSH',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(ActivationCreate);
    const workspace = await this.workspace(flags);
    const asked = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, asked, 'Which export', (one) => one.token_req === true);
    const target = await required(flags['target-account'], '--target-account', 'Account that may import (name or key)');
    const { start, expiry } = flags;
    const { token, ...made } = await createActivation(workspace, {
      ...chosen,
      account: flags.account,
      target,
      expiry: expiry === undefined ? 0 : parseTime(expiry, workspace.now),
      start: start === undefined ? 0 : parseTime(start, workspace.now),
      key: flags['private-key'],
    });
    const pushed = flags.push ? await pushActivation(workspace, token, undefined) : null;
    if (pushed !== null && !this.jsonEnabled()) this.note(`it can be fetched from ${pushed.url}`);
    if (flags.output === undefined || flags.output === '-') {
      this.print(armored(token));
      return { ...made, file: null, token, pushed };
    }
    const file = await writeNewFile(flags.output, armored(token), flags.force);
    this.print(`${file}\n`);
    return { ...made, file, token, pushed };
  }
}
