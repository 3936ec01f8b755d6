import { Args } from '@oclif/core';
import { listActivationRevocations } from '../../activation/revocations.js';
import { NatsctlCommand } from '../../base-command.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';

export default class ActivationRevocations extends NatsctlCommand {
  static override description = 'List the accounts whose activations the exports of an account revoke.';
  static override hiddenAliases = ['revocations:list-activations', 'revocations:list_activations'];
  static override examples = ['<%= config.bin %> activation revocations --account billing'];
  static override args = { subject: Args.string({ description: 'Subject of one export. Default: all.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...typeFlags };

  async run() {
    const { args, flags } = await this.parse(ActivationRevocations);
    const one = args.subject === undefined ? undefined : { subject: args.subject, type: typeOf(flags) };
    const wanted = { account: flags.account, export: one };
    const list = await listActivationRevocations(await this.workspace(flags), wanted);
    if (list.revocations.length === 0) this.note(`account ${list.account} revokes no activations`);
    else {
      const rows = list.revocations.map((each) => [
        each.subject,
        each.type,
        each.target === '*' ? 'every account' : (each.name ?? each.target),
        showTime(each.revokedAt),
      ]);
      this.print(table(['EXPORT', 'TYPE', 'ACCOUNT', 'ISSUED UNTIL'], rows));
    }
    return list;
  }
}
