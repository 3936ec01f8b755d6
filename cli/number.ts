import { usageError } from './errors.js';

const POWERS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * A limit as nsc takes it: a whole number, `-1` (or `unlimited`) for none, and for amounts of bytes `10k`, `1.5GB` (thousands) or
 * `64KiB` (1024s).
 */
export function parseLimit(text: string, flag: string): number {
  const value = text.trim().toLowerCase();
  if (value === '-1' || value === 'unlimited') return -1;
  const found = /^(\d{1,16}(?:\.\d{1,6})?) ?([kmgtp]?)(i?)b?$/.exec(value);
  const [, amount = '', unit = '', binary = ''] = found ?? [];
  const number = Number(amount) * (binary === '' ? 1000 : 1024) ** POWERS.indexOf(unit);
  if (found === null || (binary !== '' && unit === '') || !Number.isSafeInteger(number)) {
    throw usageError(
      `${flag} is not a limit: ${text}`,
      'write a whole number, -1 for unlimited, or bytes as 10k, 64KiB, 2GB',
    );
  }
  return number;
}

/** A whole number within bounds. */
export function parseWhole(text: string, flag: string, least: number, most: number): number {
  const value = /^-?\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usageError(`${flag} is not a whole number from ${least} to ${most}: ${text}`);
}
