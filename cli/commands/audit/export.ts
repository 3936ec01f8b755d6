import process from 'node:process';
import { Flags } from '@oclif/core';
import { type AuditExport, exportAudit, exportAuditTo } from '../../audit/export.js';
import { NatsctlCommand } from '../../base-command.js';
import { usageError } from '../../errors.js';
import { safeText } from '../../output/safe-text.js';
import { restFlags, restOptions } from '../../rest/flags.js';

export default class AuditExportCommand extends NatsctlCommand {
  static override description =
    'Write the whole audit of the service as JSON lines, its signed end as the last one.\nKeep the file elsewhere: `audit verify` proves by it what the service holds later.';
  static override examples = [
    '<%= config.bin %> audit export --token-file auditor.token --output audit.jsonl',
    '<%= config.bin %> audit export --token-file auditor.token | gzip > audit.jsonl.gz',
  ];
  static override flags = {
    ...restFlags,
    output: Flags.string({
      char: 'f',
      description: 'File to write (readable by you alone). Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({
      char: 'F',
      description: 'Replace the file where there is one.',
      dependsOn: ['output'],
      env: 'NATSCTL_FORCE',
    }),
  };

  async run(): Promise<AuditExport> {
    const { flags } = await this.parse(AuditExportCommand);
    const { output, force } = flags;
    if (output === undefined && this.jsonEnabled()) {
      throw usageError('--output is missing', 'with --json, stdout has the document of the command');
    }
    const rest = await restOptions(flags);
    const exported =
      output === undefined
        ? { ...(await exportAudit(rest, toStdout)), file: null }
        : await exportAuditTo(rest, output, force);
    if (exported.file !== null) {
      this.print(`${exported.entries} entries, up to ${exported.checkpoint.seq}: ${safeText(exported.file)}\n`);
    }
    return exported;
  }
}

/** Waits where the reader is slow. */
function toStdout(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
