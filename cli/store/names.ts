import { checkEntityName } from '../../claims/names.js';
import { storeError } from './errors.js';

/**
 * A name that stays inside the folder it is put in. nsc lets more names pass than we give (`checkEntityName`); what is in a store
 * already must be found again, as long as it is one step of a path.
 */
export function pathSafe(name: string, what: string): string {
  return name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name) ? checkEntityName(name, what) : name;
}

type TakenCode = 'ERR_OPERATOR_NAME_TAKEN' | 'ERR_ACCOUNT_NAME_TAKEN' | 'ERR_USER_NAME_TAKEN';

/** Names that differ in letter case only would be one file on many file systems; nsc compares accounts so too. */
export function refuseTaken(code: TakenCode, kind: string, name: string, names: string[], where: string): void {
  const same = names.find((one) => foldName(one) === foldName(name));
  if (same === undefined) return;
  const message =
    same === name
      ? `there is already ${kind === 'account' || kind === 'operator' ? 'an' : 'a'} ${kind} ${name} ${where}`
      : `the ${kind} name ${name} differs only in letter case from ${same}, which exists ${where}`;
  throw storeError(code, message, { hint: 'choose another name', details: { name, taken: same } });
}

/** The same for names that are one file where letter case is not told apart. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** A hint for a name that is not there: the one meant, or those there are. */
export function knownOr(name: string, names: string[], otherwise: string): string {
  const close = names.find((one) => foldName(one) === foldName(name));
  if (close !== undefined) return `did you mean ${close}?`;
  if (names.length === 0) return otherwise;
  const shown = names.slice(0, 10).join(', ');
  return `known: ${shown}${names.length > 10 ? `, and ${names.length - 10} more` : ''}`;
}
