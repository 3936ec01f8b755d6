import path from 'node:path';
import { Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { usageError } from '../errors.js';
import { type Fixed, rebuild } from '../fix/rebuild.js';
import { listOf } from '../flags.js';
import { safeText } from '../output/safe-text.js';

export default class Fix extends NatsctlCommand {
  static override summary = 'Rebuild a store and a keystore from loose JWTs, seeds and creds.';
  static override description =
    'Finds every .jwt and .nk file below the folders, also those of a damaged store, and files each where it belongs: of several tokens of ' +
    'one entity the newest counts, users go under the account whose key issued them. What is there is read only; what could not be ' +
    'placed is named.';
  static override examples = [
    '<%= config.bin %> fix --in ./rescued --out ./rebuilt',
    '<%= config.bin %> fix --in ./stores --in ./keys --creds --dry-run',
  ];
  static override flags = {
    in: Flags.string({
      description: 'Folder to look into; repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'DIR',
      env: 'NATSCTL_IN',
    }),
    out: Flags.string({
      description: 'Folder to build in: operators/ and keys/. Default: a new one here.',
      helpValue: 'DIR',
      env: 'NATSCTL_OUT',
    }),
    creds: Flags.boolean({ description: 'Look into .creds files too.', env: 'NATSCTL_FIX_CREDS' }),
    'dry-run': Flags.boolean({ description: 'Show what would be built, and write nothing.', env: 'NATSCTL_DRY_RUN' }),
  };

  async run(): Promise<Fixed> {
    const { flags } = await this.parse(Fix);
    const dirs = listOf(flags.in);
    if (dirs.length === 0) throw usageError('--in is missing', 'name a folder with JWTs and seeds; it is repeatable');
    const stamp = new Date(currentTime() * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
    const fixed = await rebuild({
      dirs,
      out: path.resolve(flags.out ?? `natsctl-fix-${stamp}`),
      creds: flags.creds,
      dryRun: flags['dry-run'] === true,
      progress: (label, total) => this.progress(label, total),
    });
    this.show(fixed);
    return fixed;
  }

  private show(fixed: Fixed): void {
    const line = (text: string) => this.print(`${safeText(text)}\n`);
    for (const { name, publicKey, accounts, users } of fixed.operators) {
      line(`operator ${name} (${publicKey}): ${accounts} accounts, ${users} users`);
    }
    line(`${fixed.seeds} seeds, ${fixed.creds} creds${fixed.dryRun ? '; nothing was written' : ''}`);
    if (this.jsonEnabled()) return;
    for (const { kind, from, to, publicKey } of fixed.renamed) {
      this.note(`${kind} ${from} (${publicKey}) is filed as ${to}: the name is taken, or no file can have it`);
    }
    for (const { kind, name, issuer, file } of fixed.orphans) {
      this.note(`${kind} ${name} is left out: nobody found here has the key ${issuer} that signed ${file}`);
    }
    for (const { file, message } of fixed.unreadable) this.note(`${file} is left out: ${message}`);
    for (const warning of fixed.warnings) this.note(warning);
    if (fixed.superseded.length > 0) this.note(`${fixed.superseded.length} files hold older tokens than others`);
    if (!fixed.dryRun) this.note(`use it with --store ${fixed.store} --keystore ${fixed.keystore}`);
  }
}
