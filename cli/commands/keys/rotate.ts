import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { dryRunFlag } from '../../change/show.js';
import { operatorFlag, privateKeyFlag, storeFlags } from '../../flags.js';
import { required } from '../../prompt.js';
import { rotateKey } from '../../rotate/rotate.js';
import type { Rotated } from '../../rotate/rotated.js';
import { rotatedNotes, rotatedText } from '../../rotate/show.js';
import { findTarget, TARGET_KINDS, type TargetKind } from '../../rotate/target.js';

export default class KeysRotate extends NatsctlCommand {
  static override description =
    'Put a new key in the place of any key, and carry along what is under it: JWTs, activations, creds.\nSays what is to be pushed, restarted and handed out. All files change, or none.';
  static override hiddenAliases = ['operator:rotate', 'account:rotate', 'user:rotate'];
  static override examples = [
    '<%= config.bin %> keys rotate OCX7... --dry-run',
    '<%= config.bin %> keys rotate checkout --account orders',
    '<%= config.bin %> keys rotate acme --kind operator --keep-old',
  ];
  static override args = {
    key: Args.string({ description: 'Public key; or the name of an operator, account, role or user.' }),
  };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    account: Flags.string({
      char: 'a',
      description:
        'Account whose key, role or user it is, by name or public key. Needed where others have the name too.',
      helpValue: 'NAME',
      env: 'NATSCTL_ACCOUNT',
    }),
    kind: Flags.string({
      description: 'What is named, where several are.',
      options: TARGET_KINDS,
      env: 'NATSCTL_KIND',
    }),
    'new-key': Flags.string({
      description: 'Public key of the keystore, file with a seed, or seed. Default: a new one is made.',
      helpValue: 'KEY',
      env: 'NATSCTL_NEW_KEY',
    }),
    'keep-old': Flags.boolean({
      description:
        "Of an operator: the old key stays valid as a signing key, until it is removed. A user's is not revoked.",
      aliases: ['no-revoke'],
      env: 'NATSCTL_KEEP_OLD',
    }),
    ...privateKeyFlag,
    ...dryRunFlag,
  };

  async run(): Promise<Rotated> {
    const { args, flags } = await this.parse(KeysRotate);
    const text = await required(args.key, 'KEY', 'Which key, or whose');
    const workspace = await this.workspace(flags);
    const narrow = { account: flags.account, kind: flags.kind as TargetKind | undefined };
    const rotated = await rotateKey(workspace, await findTarget(workspace, text, narrow), {
      newKey: flags['new-key'],
      keepOld: flags['keep-old'],
      key: flags['private-key'],
      dryRun: flags['dry-run'],
    });
    this.print(rotatedText(rotated));
    if (!this.jsonEnabled()) for (const note of rotatedNotes(rotated)) this.note(note);
    return rotated;
  }
}
