import { Args } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { showDuration } from '../../duration.js';
import { describeExport } from '../../export/describe.js';
import { chooseExport } from '../../export/find.js';
import { typeFlags, typeOf } from '../../export/flags.js';
import { accountFlag, operatorFlag, storeFlags } from '../../flags.js';
import { pairs } from '../../output/table.js';
import { showTime } from '../../output/time.js';
import { fieldFlag, showField } from '../../token/show.js';

export default class ExportDescribe extends NatsctlCommand {
  static override description = 'Show an export: its claims, whom it revokes, who imports it.';
  static override hiddenAliases = ['export:info'];
  static override examples = [
    "<%= config.bin %> export describe 'invoices.*' --account billing",
    "<%= config.bin %> export describe 'invoices.*' --account billing --field service_latency.sampling",
  ];
  static override args = { subject: Args.string({ description: 'Subject of the export.' }) };
  static override flags = { ...storeFlags, ...operatorFlag, ...accountFlag, ...typeFlags, ...fieldFlag };

  async run() {
    const { args, flags } = await this.parse(ExportDescribe);
    const workspace = await this.workspace(flags);
    const wanted = { account: flags.account, subject: args.subject, type: typeOf(flags) };
    const chosen = await chooseExport(workspace, wanted, 'Which export');
    const shown = await describeExport(workspace, { account: flags.account, export: chosen });
    const one = shown.export;
    if (flags.field !== undefined) return this.present(showField(one, flags.field));
    const latency = one.service_latency;
    this.print(
      pairs([
        ['export', one.subject],
        ['name', one.name],
        ['account', `${shown.account} (${shown.accountKey})`],
        ['type', one.type],
        ['access', one.token_req ? 'private' : 'public'],
        ['response type', one.response_type],
        ['response threshold', one.response_threshold ? showDuration(one.response_threshold) : ''],
        ['latency', latency && `${latency.results}, ${latency.sampling}${latency.sampling === 'headers' ? '' : ' %'}`],
        ['account token', one.account_token_position ? `token ${one.account_token_position}` : ''],
        ['traces', one.allow_trace ? 'allowed' : ''],
        ['advertised', one.advertise ? 'yes' : ''],
        ['description', one.description],
        ['info url', one.info_url],
        ['imported by', shown.importers.join(', ')],
        ...[...one.revocations].map(([key, at]): [string, string] => ['revoked', `${key} until ${showTime(at)}`]),
      ]),
    );
    return shown;
  }
}
