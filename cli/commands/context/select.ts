import { Args } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { type Selected, select } from '../../context/select.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { required, requiredChoice } from '../../prompt.js';

const KINDS = ['operator', 'account'];

export default class ContextSelect extends NatsctlCommand {
  static override description =
    'Make an operator or an account the current one, in nsc.json: for natsctl and nsc alike.';
  static override hiddenAliases = ['select'];
  static override examples = [
    '<%= config.bin %> context select operator acme',
    '<%= config.bin %> context select account orders',
    '<%= config.bin %> context select operator acme --store ./stores',
  ];
  static override args = {
    kind: Args.string({ description: 'operator or account.', options: KINDS }),
    name: Args.string({ description: 'Its name; of an account the public key will do.' }),
  };
  static override flags = { ...storeFlags, ...operatorFlag };

  async run(): Promise<Selected> {
    const { args, flags } = await this.parse(ContextSelect);
    const kind = await requiredChoice(args.kind, 'KIND', 'What', KINDS);
    const name = await required(args.name, 'NAME', `Which ${kind}`);
    const wanted = kind === 'operator' ? { operator: name } : { operator: flags.operator, account: name };
    const selected = await select(this.settings(flags), wanted, currentTime());
    this.print(
      pairs([
        ['operator', selected.operator],
        ['account', selected.account ?? 'none chosen'],
        ['store', selected.store],
        ['context file', selected.configFile],
      ]),
    );
    return selected;
  }
}
