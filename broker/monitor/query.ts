import { refuseOptions } from './options.js';

/** Options of a URL, read as strictly as nats-server reads them, and refused in its words (monitor.go decodeBool and others). */
export class Query {
  readonly #params: URLSearchParams;

  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  text(name: string): string {
    return this.#params.get(name) ?? '';
  }

  bool(name: string): boolean {
    const text = this.text(name);
    if (text === '' || FALSE.has(text)) return false;
    if (TRUE.has(text)) return true;
    throw refuseOptions(
      `Error decoding boolean for '${name}': strconv.ParseBool: parsing ${goQuoted(text)}: invalid syntax`,
    );
  }

  int(name: string): number {
    const text = this.text(name);
    if (text === '') return 0;
    if (!/^[+-]?\d+$/.test(text)) throw this.#refuse('int', name, 'Atoi', 'invalid syntax');
    const value = BigInt(text.replace('+', ''));
    if (value !== BigInt.asIntN(64, value)) throw this.#refuse('int', name, 'Atoi', 'value out of range');
    return Number(value);
  }

  uint64(name: string): number {
    const text = this.text(name);
    if (text === '') return 0;
    if (!/^\d+$/.test(text)) throw this.#refuse('uint64', name, 'ParseUint', 'invalid syntax');
    const value = BigInt(text);
    if (value !== BigInt.asUintN(64, value)) throw this.#refuse('uint64', name, 'ParseUint', 'value out of range');
    return Number(value);
  }

  state(): 'open' | 'closed' | 'any' {
    const text = this.text('state');
    const state = text.toLowerCase();
    if (state === '' || state === 'open') return 'open';
    if (state === 'closed') return 'closed';
    if (state === 'any' || state === 'all') return 'any';
    throw refuseOptions(`Error decoding state for ${text}`);
  }

  #refuse(type: string, name: string, parser: string, why: string): Error {
    return refuseOptions(
      `Error decoding ${type} for '${name}': strconv.${parser}: parsing ${goQuoted(this.text(name))}: ${why}`,
    );
  }
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Go's `%q` of what was asked for. */
function goQuoted(text: string): string {
  return JSON.stringify(text);
}
