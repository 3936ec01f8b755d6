import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { listOf, operatorFlag, storeFlags } from '../flags.js';
import { toDot } from '../graph/dot.js';
import { toMermaid } from '../graph/mermaid.js';
import { accountGraph, type Graph } from '../graph/model.js';
import { toSvg } from '../graph/svg.js';
import { writeNewFile } from '../user/creds.js';

const FORMATS: Record<string, (graph: Graph) => string> = { mermaid: toMermaid, dot: toDot, svg: toSvg };

export default class GraphCommand extends NatsctlCommand {
  static override description =
    'Draw the accounts, what they export and what they import from each other.\nStreams are full lines, services broken ones; what does not work is marked.';
  static override examples = [
    '<%= config.bin %> graph',
    '<%= config.bin %> graph --format svg --output accounts.svg',
    '<%= config.bin %> graph --account orders --format dot | dot -Tpng > orders.png',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    account: Flags.string({
      char: 'a',
      description: 'Only this account and those it shares with, by name or public key; repeatable.',
      helpValue: 'NAME',
      multiple: true,
      env: 'NATSCTL_ACCOUNT',
    }),
    format: Flags.string({
      description: 'What to draw for.',
      options: Object.keys(FORMATS),
      default: 'mermaid',
      env: 'NATSCTL_FORMAT',
    }),
    output: Flags.string({
      description: 'File to write. Default: stdout.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUTPUT',
    }),
    force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
  };

  async run() {
    const { flags } = await this.parse(GraphCommand);
    const graph = await accountGraph(await this.workspace(flags), listOf(flags.account));
    const drawing = FORMATS[flags.format]?.(graph) ?? '';
    if (flags.output === undefined) {
      this.print(drawing);
      return { ...graph, format: flags.format, drawing };
    }
    const file = await writeNewFile(flags.output, drawing, flags.force);
    if (!this.jsonEnabled()) this.note(`wrote ${file}`);
    return { ...graph, format: flags.format, file };
  }
}
