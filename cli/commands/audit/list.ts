import { Flags } from '@oclif/core';
import { type AuditList, listAudit } from '../../audit/list.js';
import { NatsctlCommand } from '../../base-command.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { restFlags, restOptions } from '../../rest/flags.js';

export default class AuditListCommand extends NatsctlCommand {
  static override description = 'List what was changed at the service, oldest first: when, by whom, and what.';
  static override hiddenAliases = ['audit:ls'];
  static override examples = [
    '<%= config.bin %> audit list --token-file admin.token',
    '<%= config.bin %> audit list --entity ADXK... --token-file auditor.token --json',
  ];
  static override flags = {
    ...restFlags,
    entity: Flags.string({
      description: 'Only changes of this operator, account, user or link, by its public key or id.',
      helpValue: 'KEY',
      env: 'NATSCTL_ENTITY',
    }),
    actor: Flags.string({
      description: 'Only changes by this caller, as the list shows it.',
      helpValue: 'ACTOR',
      env: 'NATSCTL_ACTOR',
    }),
    after: Flags.integer({
      description: 'Only entries after the one of this number.',
      helpValue: 'SEQ',
      default: 0,
      min: 0,
      env: 'NATSCTL_AFTER',
    }),
    limit: Flags.integer({
      description: 'How many entries to show.',
      helpValue: 'N',
      default: 100,
      min: 1,
      max: 1_000,
      env: 'NATSCTL_LIMIT',
    }),
  };

  async run(): Promise<AuditList> {
    const { flags } = await this.parse(AuditListCommand);
    const list = await listAudit(await restOptions(flags), flags);
    if (list.entries.length === 0) this.note('no entries');
    else {
      const rows = list.entries.map(({ seq, at, action, entity, actor }) => {
        return [String(seq), showTime(at), action, entity, actor];
      });
      this.print(table(['SEQ', 'TIME', 'ACTION', 'ENTITY', 'ACTOR'], rows));
    }
    if (list.next !== null) this.note(`more follow: --after ${list.next}`);
    return list;
  }
}
