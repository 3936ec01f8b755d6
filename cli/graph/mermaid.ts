import { exportLabel, type Graph, importLabel } from './model.js';

/** A flowchart: messages and requests along the arrows. Streams are full lines, services dotted ones. */
export function toMermaid({ accounts, imports }: Graph): string {
  const ids = new Map(accounts.map(({ key }, index) => [key, `a${index}`]));
  const lines = ['flowchart LR'];
  for (const { key, name, known, system, unusedExports } of accounts) {
    const id = ids.get(key);
    lines.push(`  ${id}["${text(name)}"]${known ? (system ? ':::system' : '') : ':::unknown'}`);
    for (const [index, each] of unusedExports.entries()) {
      lines.push(`  ${id} --- ${id}e${index}(["${text(exportLabel(each))}"])`);
    }
  }
  for (const each of imports) {
    // A stream comes from the exporter, a request goes to it.
    const [from, to] = each.type === 'stream' ? [each.from, each.to] : [each.to, each.from];
    const arrow = each.state === 'broken' ? '--x' : each.type === 'stream' ? '-->' : '-.->';
    lines.push(`  ${ids.get(from)} ${arrow}|"${text(importLabel(each))}"| ${ids.get(to)}`);
  }
  lines.push('  classDef system stroke-width:3px', '  classDef unknown stroke-dasharray:4');
  return `${lines.join('\n')}\n`;
}

/** Names come from JWTs: all that could mean something to Mermaid or HTML is written as its number. */
function text(value: string): string {
  return [...value].map((one) => (/[\p{L}\p{N} ._*$()-]/u.test(one) ? one : `#${one.codePointAt(0)};`)).join('');
}
