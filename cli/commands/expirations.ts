import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { operatorFlag, storeFlags } from '../flags.js';
import { table } from '../output/table.js';
import { showTime } from '../output/time.js';
import { parseTime } from '../time.js';
import { listExpirations } from '../validate/expirations.js';

export default class Expirations extends NatsctlCommand {
  static override description =
    'Show what expires: operator, accounts, users, creds files and activations, the first to end first.';
  static override examples = ['<%= config.bin %> expirations', '<%= config.bin %> expirations --within 2w --soon'];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    within: Flags.string({
      char: 'e',
      description: 'What ends within this time is soon: 30m 12h 7d 2w 3M 1y, or a date.',
      default: '1M',
      helpValue: 'TIME',
      env: 'NATSCTL_WITHIN',
    }),
    soon: Flags.boolean({
      description: 'Leave out what ends later than that.',
      aliases: ['skip'],
      env: 'NATSCTL_SOON',
    }),
  };

  async run() {
    const { flags } = await this.parse(Expirations);
    const workspace = await this.workspace(flags);
    const until = parseTime(flags.within, workspace.now);
    const all = await listExpirations(workspace, until);
    const expirations = flags.soon ? all.filter(({ state }) => state !== 'later') : all;
    const rows = expirations.map(({ kind, entity, expires, state }) => [showTime(expires), state, kind, entity]);
    if (rows.length > 0) this.print(table(['EXPIRES', 'STATE', 'KIND', 'ENTITY'], rows));
    else if (!this.jsonEnabled()) this.note(flags.soon ? 'nothing expires until then' : 'nothing expires');
    return { within: until, expirations };
  }
}
