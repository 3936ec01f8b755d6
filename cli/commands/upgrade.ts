import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { showBatch } from '../change/batch.js';
import { dryRunFlag } from '../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../flags.js';
import { pairs } from '../output/table.js';
import { type Upgraded, upgrade } from '../upgrade/upgrade.js';

export default class Upgrade extends NatsctlCommand {
  static override description =
    'Write the JWTs of version 1 in the store as version 2: operator, accounts, users and their creds.\nThe JWTs before are copied into a folder first. Servers before 2.2 do not read version 2.';
  static override hiddenAliases = ['upgrade-jwt'];
  static override examples = [
    '<%= config.bin %> upgrade --dry-run',
    '<%= config.bin %> upgrade --backup ./acme-jwt-v1',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    backup: Flags.string({
      description: 'New folder for the JWTs as they were. Default: OPERATOR-before-upgrade beside the store.',
      helpValue: 'DIR',
      env: 'NATSCTL_BACKUP',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<Upgraded> {
    const { flags } = await this.parse(Upgrade);
    const upgraded = await upgrade(await this.workspace(flags), {
      backup: flags.backup,
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(
      showBatch(upgraded.changes, upgraded.dryRun) +
        (upgraded.changed
          ? pairs([['the JWTs before', upgraded.dryRun ? null : upgraded.backup]])
          : 'nothing to upgrade\n'),
    );
    if (!this.jsonEnabled()) this.notes(upgraded);
    return upgraded;
  }

  private notes({ left, activations, changes, dryRun }: Upgraded): void {
    for (const { kind, name, reason } of left) this.note(`${kind} ${name} is not upgraded: ${reason}`);
    for (const { account, subject, exporter } of activations) {
      this.note(`the import of ${subject} by account ${account} needs a new activation from account ${exporter}`);
    }
    if (dryRun || changes.length === 0) return;
    if (changes.some(({ kind }) => kind === 'operator')) {
      this.note('next: give the new operator JWT to every server (2.2 or later) and restart it');
    }
    this.note('then push the accounts (`natsctl push`), and hand out the new creds');
  }
}
