import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { describeOperator } from '../../operator/describe.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { showToken, tokenFlags } from '../../token/show.js';

export default class OperatorDescribe extends NatsctlCommand {
  static override description = 'Show an operator: its keys, addresses and claims.';
  static override examples = ['<%= config.bin %> operator describe', '<%= config.bin %> operator describe acme --json'];
  static override args = { name: Args.string({ description: 'Name of the operator. Default: the current one.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...tokenFlags };

  async run() {
    const { args, flags } = await this.parse(OperatorDescribe);
    const workspace = await this.workspace({ ...flags, operator: args.name ?? flags.operator });
    const operator = await describeOperator(workspace);
    const shown = await showToken('operator', operator, flags, () =>
      pairs([
        ['operator', operator.name],
        ['public key', operator.publicKey],
        ['signing keys', operator.signingKeys.join(', ')],
        ['signing keys required', operator.strict ? 'yes' : 'no'],
        ['system account', operator.systemAccount],
        ['service urls', operator.serviceUrls.join(', ')],
        ['account server url', operator.accountServerUrl],
        ['tags', operator.tags.join(', ')],
        ['issued', showTime(operator.issuedAt)],
        ['expires', showTime(operator.expires)],
        ['managed', operator.managed ? 'yes' : ''],
        ['accounts', operator.accounts.join(', ')],
      ]),
    );
    return this.present(shown);
  }
}
