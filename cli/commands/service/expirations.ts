import { Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { table } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { pageFlags, restFlags, restOptions } from '../../rest/flags.js';
import { EXPIRING, listExpiring } from '../../rest/ledger.js';
import { parseTime } from '../../time.js';

export default class ServiceExpirations extends NatsctlCommand {
  static override description =
    'List what ends when at the service, the next one first: JWTs in force, and access tokens for those who manage them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --within 30d --token-file viewer.token',
    '<%= config.bin %> <%= command.id %> --kind account --token-file viewer.token --json',
  ];
  static override flags = {
    ...restFlags,
    ...pageFlags,
    kind: Flags.option({ description: 'Only these.', options: EXPIRING, env: 'NATSCTL_KIND' })(),
    within: Flags.string({
      char: 'e',
      description: 'Only what ends within this time: 12h 7d 2w 3M 1y, or a date.',
      helpValue: 'TIME',
      env: 'NATSCTL_WITHIN',
    }),
  };

  async run() {
    const { flags } = await this.parse(ServiceExpirations);
    const before = (flags.within && parseTime(flags.within, currentTime())) || undefined;
    const rest = await restOptions(flags);
    const { items, next } = await listExpiring(rest, { ...flags, before });
    const rows = items.map(({ expires, kind, name, id }) => [showTime(expires), kind, name, id]);
    if (rows.length > 0) this.print(table(['EXPIRES', 'KIND', 'NAME', 'KEY'], rows));
    else this.note('nothing ends until then');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, expirations: items, next };
  }
}
