import { isNatsctlError } from '../../../claims/errors.js';
import { parseStrictJson } from '../../../claims/jwt/json.js';
import { cliError, usageError } from '../../errors.js';
import { editDistance } from '../../output/edit-distance.js';
import { CsvFault, parseCsv } from './csv.js';

/** Users wanted, as a file lists them. A row's fields are flags of `user create` by their names, and take their place. */
export interface Row {
  /** Counted from 1. */
  line: number;
  fields: Partial<Record<Column, string | string[]>>;
}

/** What is wrong with a row. */
export interface RowFault {
  line: number;
  code: string;
  message: string;
}

export type RowFormat = 'csv' | 'jsonl';

/** More would not fit the journal of one change. */
export const MAX_ROWS = 100_000;
export const MAX_ROWS_BYTES = 64 * 1024 * 1024;

const SINGLE = [
  ...['name', 'account', 'public-key', 'private-key', 'allow-pub-response', 'response-ttl'],
  ...['subs', 'data', 'payload', 'bearer', 'proxy-required', 'locale', 'start', 'expiry'],
] as const;
const LISTS = [
  ...['allow-pub', 'allow-sub', 'allow-pubsub', 'deny-pub', 'deny-sub', 'deny-pubsub'],
  ...['time', 'source-network', 'conn-type', 'tag'],
] as const;
export type Column = (typeof SINGLE)[number] | (typeof LISTS)[number];

const COLUMNS = new Set<string>([...SINGLE, ...LISTS]);
const LIST_COLUMNS = new Set<string>(LISTS);

/** Other names that people give to them. */
const SAME: Record<string, Column> = {
  user: 'name',
  role: 'private-key',
  key: 'public-key',
  tags: 'tag',
  expires: 'expiry',
  subscriptions: 'subs',
  'max-responses': 'allow-pub-response',
  times: 'time',
  'source-networks': 'source-network',
  'conn-types': 'conn-type',
};

export function formatOf(file: string, text: string): RowFormat {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl';
  return /^\s*\{/.test(text) ? 'jsonl' : 'csv';
}

/** The text of a file of rows: UTF-8, with or without the mark that some editors put first. */
export function decodeRows(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw cliError('ERR_DATA_INVALID', `${file} is not UTF-8`, { hint: 'save it as UTF-8', details: { file }, cause });
  }
}

/** Faults of single rows are collected, so that all are seen at once; a heading that cannot be used is one of the whole. */
export function readRows(text: string, format: RowFormat): { rows: Row[]; faults: RowFault[] } {
  const read = format === 'csv' ? readCsv(text) : readJsonLines(text);
  if (read.rows.length + read.faults.length > MAX_ROWS) {
    throw cliError('ERR_DATA_TOO_LARGE', `there are more than ${MAX_ROWS} rows`, { hint: 'split the file' });
  }
  return read;
}

function readCsv(text: string): { rows: Row[]; faults: RowFault[] } {
  let records: ReturnType<typeof parseCsv>;
  try {
    // With the heading.
    records = parseCsv(text, MAX_ROWS + 1);
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error;
    throw cliError('ERR_DATA_INVALID', `line ${error.line}: ${error.message}`, { details: { line: error.line } });
  }
  const [heading, ...rest] = records;
  if (heading === undefined) return { rows: [], faults: [] };
  const columns = heading.cells.map((cell) => columnOf(cell, 'column'));
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (twice !== undefined) throw usageError(`the heading has the column ${twice} twice`);
  if (!columns.includes('name')) {
    throw usageError(
      'the first line is no heading: it has no column "name"',
      'begin the file with a line such as name,allow_pub',
    );
  }
  const rows: Row[] = [];
  const faults: RowFault[] = [];
  for (const { line, cells } of rest) {
    if (cells.length !== columns.length) {
      const message = `it has ${cells.length} cells, and the heading ${columns.length}`;
      faults.push({ line, code: 'ERR_DATA_INVALID', message: `${message}: a cell with a comma in it needs quotes` });
      continue;
    }
    const fields: Row['fields'] = {};
    for (const [at, column] of columns.entries()) {
      const cell = (cells[at] as string).trim();
      if (cell !== '') fields[column] = LIST_COLUMNS.has(column) ? [cell] : cell;
    }
    rows.push({ line, fields });
  }
  return { rows, faults };
}

function readJsonLines(text: string): { rows: Row[]; faults: RowFault[] } {
  const rows: Row[] = [];
  const faults: RowFault[] = [];
  for (let at = 0, line = 1; at < text.length && rows.length + faults.length <= MAX_ROWS; line++) {
    const end = text.indexOf('\n', at);
    const content = text.slice(at, end === -1 ? text.length : end);
    at += content.length + 1;
    if (content.trim() === '') continue;
    try {
      rows.push({ line, fields: fieldsOf(parseStrictJson(content)) });
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      faults.push({ line, code: error.code, message: error.message });
    }
  }
  return { rows, faults };
}

function fieldsOf(json: unknown): Row['fields'] {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw cliError('ERR_DATA_INVALID', 'it is no object');
  }
  const fields: Row['fields'] = {};
  for (const [name, value] of Object.entries(json)) {
    const column = columnOf(name, 'field');
    if (Object.hasOwn(fields, column)) throw cliError('ERR_DATA_INVALID', `it has ${column} twice`);
    if (value === null) continue;
    const list = Array.isArray(value);
    const values = (list ? value : [value]) as unknown[];
    const plain = values.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
    if (!plain || (list && !LIST_COLUMNS.has(column))) {
      throw cliError('ERR_DATA_INVALID', `${column} is neither a text nor a number`);
    }
    fields[column] = LIST_COLUMNS.has(column) ? values.map(String) : String(value);
  }
  return fields;
}

function columnOf(text: string, what: 'column' | 'field'): Column {
  const name = text.trim().toLowerCase().replaceAll(/[_ ]/g, '-');
  const column = Object.hasOwn(SAME, name) ? (SAME[name] as Column) : name;
  if (COLUMNS.has(column)) return column as Column;
  const near = [...COLUMNS].find((one) => editDistance(one, name) <= Math.max(1, one.length / 4));
  throw usageError(
    `there is no ${what} ${JSON.stringify(text)}`,
    near === undefined ? `there are: ${[...COLUMNS].join(', ')}` : `did you mean ${near}?`,
  );
}
