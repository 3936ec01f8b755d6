import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { type AuditJudgement, verifyAuditOf } from '../../audit/verify.js';
import { NatsctlCommand } from '../../base-command.js';
import { safeText } from '../../output/safe-text.js';
import { restFlags, restOptions } from '../../rest/flags.js';

export default class AuditVerify extends NatsctlCommand {
  static override description =
    'Prove that nothing of the audit was changed, taken out or cut off: of an export, or of what the service holds now.\nEvery hash is computed here. A checkpoint or an export kept from earlier (--checkpoint) also finds a service that was put back to an earlier day. Ends with 1 where the audit does not hold.';
  static override examples = [
    '<%= config.bin %> audit verify audit.jsonl',
    '<%= config.bin %> audit verify --token-file auditor.token --checkpoint audit.jsonl',
  ];
  static override args = {
    file: Args.string({ description: 'Export to verify. Default: what the service holds.' }),
  };
  static override flags = {
    ...restFlags,
    checkpoint: Flags.string({
      description: 'File with a checkpoint from earlier, or an earlier export, whose end is one.',
      helpValue: 'FILE',
      env: 'NATSCTL_CHECKPOINT',
    }),
    'public-key': Flags.string({
      description: "Key of the service's audit (base64url), where it is known. Default: that of --checkpoint.",
      helpValue: 'KEY',
      env: 'NATSCTL_PUBLIC_KEY',
    }),
  };

  async run(): Promise<AuditJudgement> {
    const { args, flags } = await this.parse(AuditVerify);
    const { checkpoint, 'public-key': publicKey } = flags;
    const judgement = await verifyAuditOf(args.file ?? (await restOptions(flags)), { checkpoint, publicKey });
    for (const { seq, message } of judgement.faults) this.print(`${seq}  ${safeText(message)}\n`);
    this.print(
      `${judgement.whole ? 'whole' : 'NOT WHOLE'}: ${judgement.entries} entries of ${safeText(judgement.source)}\n`,
    );
    if (checkpoint === undefined && publicKey === undefined && judgement.publicKey !== null) {
      this.note(
        `signed by ${judgement.publicKey}, which only the audit itself names: compare it, or give --checkpoint or --public-key`,
      );
    }
    if (!judgement.whole) process.exitCode = 1;
    return judgement;
  }
}
