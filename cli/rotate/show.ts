import { showBatch } from '../change/batch.js';
import { pairs } from '../output/table.js';
import type { Rotated } from './rotated.js';

/** For people: what a change of a key did. */
export function rotatedText(rotated: Rotated): string {
  const { kind, name, account, role, oldKey, key, file, keptOld, dryRun } = rotated;
  return (
    pairs([
      [kind, account === null ? name : `${account}/${name}`],
      ['role', role],
      [keptOld ? 'old key, still valid' : 'old key', oldKey],
      ['new key', dryRun && file !== null ? `${key} (another one, when it is done)` : key],
      ['private key', dryRun ? null : file],
    ]) + showBatch(rotated.changes, dryRun)
  );
}

/** Beside it: what was left behind, and what is to be done next. */
export function rotatedNotes({ left, activations, warnings, todo, dryRun }: Rotated): string[] {
  return [
    ...left.map(({ kind, name, reason }) => `${kind} ${name} is not signed anew: ${reason}`),
    ...activations.map(
      ({ account, subject, exporter }) =>
        `the import of ${subject} by account ${account} needs a new activation from account ${exporter}`,
    ),
    ...warnings,
    ...todo.map((step, at) => `${dryRun ? 'then' : 'next'} ${at + 1}: ${step}`),
  ];
}
