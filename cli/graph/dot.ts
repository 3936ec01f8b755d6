import { safeText } from '../output/safe-text.js';
import { exportLabel, type Graph, importLabel } from './model.js';

/** For Graphviz: streams are full lines, services dashed ones, what is broken red. */
export function toDot({ operator, accounts, imports }: Graph): string {
  const lines = [`digraph ${text(operator)} {`, '  rankdir=LR;', '  node [shape=box];'];
  for (const { key, name, known, system, unusedExports } of accounts) {
    const style = known ? (system ? ', penwidth=3' : '') : ', style=dashed';
    lines.push(`  ${text(key)} [label=${text(name)}${style}];`);
    for (const [index, each] of unusedExports.entries()) {
      const id = text(`${key} ${index}`);
      lines.push(
        `  ${id} [label=${text(exportLabel(each))}, shape=plain];`,
        `  ${text(key)} -> ${id} [arrowhead=none];`,
      );
    }
  }
  for (const each of imports) {
    const [from, to] = each.type === 'stream' ? [each.from, each.to] : [each.to, each.from];
    const style = each.type === 'stream' ? 'solid' : 'dashed';
    const colour = each.state === 'broken' ? ', color=red' : '';
    lines.push(`  ${text(from)} -> ${text(to)} [label=${text(importLabel(each))}, style=${style}${colour}];`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

function text(value: string): string {
  return `"${safeText(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
