import { Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../../base-command.js';
import { table } from '../../../output/table.js';
import { showTime } from '../../../output/time.js';
import { pageFlags, restFlags, restOptions, scopeFlags } from '../../../rest/flags.js';
import { KINDS, listLedger, STATUSES } from '../../../rest/ledger.js';
import { parseTime } from '../../../time.js';

export default class ServiceLedgerList extends NatsctlCommand {
  static override description =
    'List the JWTs that were ever issued at the service or pushed to it, newest first, with what is true of each now.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --account orders --token-file viewer.token',
    '<%= config.bin %> <%= command.id %> --kind user --status active --within 7d --token-file viewer.token --json',
  ];
  static override flags = {
    ...restFlags,
    ...pageFlags,
    ...scopeFlags,
    kind: Flags.option({ description: 'Only JWTs of these.', options: KINDS, env: 'NATSCTL_KIND' })(),
    status: Flags.option({ description: 'Only those that are this now.', options: STATUSES, env: 'NATSCTL_STATUS' })(),
    subject: Flags.string({
      description: 'Only those of this public key.',
      helpValue: 'KEY',
      env: 'NATSCTL_SUBJECT',
    }),
    issuer: Flags.string({
      description: 'Only those signed by this key.',
      helpValue: 'KEY',
      env: 'NATSCTL_ISSUER',
    }),
    within: Flags.string({
      char: 'e',
      description: 'Only those that end within this time: 12h 7d 2w 3M 1y, or a date.',
      helpValue: 'TIME',
      env: 'NATSCTL_WITHIN',
    }),
  };

  async run() {
    const { flags } = await this.parse(ServiceLedgerList);
    const expiringBefore = (flags.within && parseTime(flags.within, currentTime())) || undefined;
    const rest = await restOptions(flags);
    const { items, next } = await listLedger(rest, { ...flags, expiringBefore });
    const rows = items.map(({ issuedAt, kind, name, subject, expires, status, admitted }) => {
      const state = admitted === (status === 'active') ? status : `${status}, ${admitted ? 'let in' : 'not let in'}`;
      return [showTime(issuedAt), kind, name, subject, showTime(expires ?? 0), state];
    });
    if (rows.length > 0) this.print(table(['ISSUED', 'KIND', 'NAME', 'KEY', 'EXPIRES', 'STATE'], rows));
    else this.note('no entries');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, entries: items, next };
  }
}
