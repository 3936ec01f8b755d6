import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { operatorFlag, storeFlags } from '../../flags.js';
import { chooseKeys } from '../../keys/choose.js';
import { choiceFlags, choiceOf } from '../../keys/flags.js';
import type { Reference } from '../../keys/references.js';
import { table } from '../../output/table.js';
import { findSeed } from '../../store/keystore.js';

export default class KeysList extends NatsctlCommand {
  static override description =
    'List keys: what refers to each, and whether its seed is in the keystore; orphaned ones last.';
  static override hiddenAliases = ['list:keys'];
  static override examples = [
    '<%= config.bin %> keys list',
    '<%= config.bin %> keys list --kind account --missing',
    '<%= config.bin %> keys list --orphaned --json',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...choiceFlags,
    missing: Flags.boolean({ description: 'Only keys whose seed is not here.', env: 'NATSCTL_MISSING' }),
    'show-seeds': Flags.boolean({
      char: 'S',
      description: 'Print the seeds too.',
      aliases: ['show-seed'],
      env: 'NATSCTL_SHOW_SEEDS',
    }),
  };

  async run() {
    const { flags } = await this.parse(KeysList);
    const workspace = await this.workspace(flags);
    const chosen = await chooseKeys(workspace, { ...choiceOf(flags), missing: flags.missing });
    const keys = [];
    for (const each of chosen) {
      const seed = flags['show-seeds'] && each.stored ? await findSeed(workspace.keystore, each.key) : null;
      keys.push({ ...each, orphaned: each.references.length === 0, ...(seed && { seed: seed.reveal() }) });
    }
    const rows = keys.map((one) => [
      one.kind,
      one.key,
      one.stored ? 'stored' : 'missing',
      one.references.map(nameOf).join(', ') || 'orphaned',
      ...(flags['show-seeds'] ? [one.seed ?? ''] : []),
    ]);
    const headings = ['KIND', 'KEY', 'SEED', 'USED BY', ...(flags['show-seeds'] ? ['PRIVATE'] : [])];
    if (rows.length > 0) this.print(table(headings, rows));
    else if (!this.jsonEnabled()) this.note('no such keys');
    return { keystore: workspace.keystore, keys };
  }
}

function nameOf({ entity, name, as, role }: Reference): string {
  const what = as === 'identity key' ? '' : role === undefined ? ` (${as})` : ` (role ${role})`;
  return `${entity} ${name}${what}`;
}
