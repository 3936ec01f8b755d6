import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../../base-command.js';
import { table } from '../../../output/table.js';
import { showTime } from '../../../output/time.js';
import { required } from '../../../prompt.js';
import { listRequests, SIDES, STATUSES } from '../../../rest/activation-requests.js';
import { pageFlags, restFlags, restOptions, scopeFlags } from '../../../rest/flags.js';
import { accountKey } from '../../../rest/names.js';

export default class ServiceActivationRequestList extends NatsctlCommand {
  static override description =
    'List the requests for private exports that an account made, and those that were made to it.';
  static override hiddenAliases = ['service:activation-request:ls'];
  static override examples = [
    '<%= config.bin %> <%= command.id %> --account billing --side exporter --status pending --token-file billing.token',
  ];
  static override flags = {
    ...restFlags,
    ...pageFlags,
    ...scopeFlags,
    side: Flags.option({
      description: 'Only those it made (importer), or that were made to it (exporter).',
      options: SIDES,
      env: 'NATSCTL_SIDE',
    })(),
    status: Flags.option({ description: 'Only those that are this now.', options: STATUSES, env: 'NATSCTL_STATUS' })(),
  };

  async run() {
    const { flags } = await this.parse(ServiceActivationRequestList);
    const rest = await restOptions(flags);
    const given = await required(flags.account, '--account', 'Account (name or public key)');
    const account = await accountKey(rest, given, flags.operator);
    const { items, next } = await listRequests(rest, account, { ...flags, role: flags.side });
    const rows = items.map(({ requestedAt, status, type, subject, importer, exporter, note, id }) => [
      showTime(requestedAt),
      status,
      type,
      subject,
      exporter === account ? importer : exporter,
      note,
      id,
    ]);
    if (rows.length > 0) this.print(table(['REQUESTED', 'STATUS', 'TYPE', 'SUBJECT', 'OTHER', 'NOTE', 'ID'], rows));
    else this.note('no requests');
    if (next !== null) this.note(`more follow: --after ${next}`);
    return { service: rest.base, account, requests: items, next };
  }
}
