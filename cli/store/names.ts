import { checkEntityName } from '../../claims/names.js';

/**
 * A name that stays inside the folder it is put in. nsc lets more names pass than we give (`checkEntityName`); what is in a store
 * already must be found again, as long as it is one step of a path.
 */
export function pathSafe(name: string, what: string): string {
  return name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name) ? checkEntityName(name, what) : name;
}
