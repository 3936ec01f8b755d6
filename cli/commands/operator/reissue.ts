import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { reissueOperator } from '../../operator/reissue.js';
import type { Rotated } from '../../rotate/rotated.js';
import { rotatedNotes, rotatedText } from '../../rotate/show.js';

export default class OperatorReissue extends NatsctlCommand {
  static override description =
    'Give an operator a new identity key, and sign anew the accounts that the old one signed.\nServers trust an operator JWT from their start on: they have to be restarted with the new one.';
  static override hiddenAliases = ['reissue:operator'];
  static override examples = [
    '<%= config.bin %> operator reissue acme --dry-run',
    '<%= config.bin %> operator reissue --convert-to-signing-key',
  ];
  static override args = { name: Args.string({ description: 'Name of the operator. Default: the current one.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    'convert-to-signing-key': Flags.boolean({
      description: 'Keep the old key as a signing key: what it signed stays valid.',
      env: 'NATSCTL_CONVERT_TO_SIGNING_KEY',
    }),
    'private-key': Flags.string({
      char: 'K',
      description: 'The new identity: a public key of the keystore, a file with a seed, or a seed. Default: a new one.',
      helpValue: 'KEY',
      env: 'NATSCTL_PRIVATE_KEY',
    }),
    ...dryRunFlag,
  };

  async run(): Promise<Rotated> {
    const { args, flags } = await this.parse(OperatorReissue);
    const workspace = await this.workspace({ ...flags, operator: args.name ?? flags.operator });
    const rotated = await reissueOperator(workspace, {
      newKey: flags['private-key'],
      keepOld: flags['convert-to-signing-key'],
      dryRun: flags['dry-run'],
    });
    this.print(rotatedText(rotated));
    if (!this.jsonEnabled()) for (const note of rotatedNotes(rotated)) this.note(note);
    return rotated;
  }
}
