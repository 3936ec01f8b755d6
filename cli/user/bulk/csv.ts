/**
 * Comma-separated values as RFC 4180 has them and spreadsheets write them: quotes with `""` inside, line breaks inside quotes,
 * CRLF or LF, and `;` or a tab where the heading shows that (a spreadsheet's, in many countries).
 */

export interface CsvRecord {
  /** Where it begins, counted from 1. */
  line: number;
  cells: string[];
}

/** Of a line: more than any list of users has columns. */
const MAX_CELLS = 1_000;

export class CsvFault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * The records of a text, lines with nothing on them left out. Of a text with more than `most` records one more is read, and no
 * further: tens of millions of short lines would take all memory. @throws CsvFault for quotes that do not end, or end in a cell
 */
export function parseCsv(text: string, most = Number.POSITIVE_INFINITY): CsvRecord[] {
  const separator = separatorOf(text);
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;

  const quoted = (): string => {
    const begun = line;
    let value = '';
    for (at++; ; ) {
      const end = text.indexOf('"', at);
      if (end === -1) throw new CsvFault(begun, 'a quoted cell has no end');
      const part = text.slice(at, end);
      line += lineBreaks(part);
      value += part;
      at = end + 1;
      if (text[at] !== '"') return value;
      value += '"';
      at++;
    }
  };

  const plain = (): string => {
    const start = at;
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') {
      if (text[at] === '"')
        throw new CsvFault(line, 'a quote inside a cell: put the whole cell in quotes, and write it twice');
      at++;
    }
    return text.slice(start, at);
  };

  while (at < text.length && records.length <= most) {
    const record: CsvRecord = { line, cells: [] };
    for (;;) {
      const isQuoted = text[at] === '"';
      record.cells.push(isQuoted ? quoted() : plain());
      if (record.cells.length > MAX_CELLS) throw new CsvFault(line, `it has more than ${MAX_CELLS} cells`);
      if (text[at] === separator) {
        at++;
        continue;
      }
      if (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
        throw new CsvFault(line, 'something follows the closing quote of a cell');
      }
      break;
    }
    if (text[at] === '\r') at += text[at + 1] === '\n' ? 2 : 1;
    else at++;
    line++;
    if (record.cells.length > 1 || record.cells[0]?.trim() !== '') records.push(record);
  }
  return records;
}

function separatorOf(text: string): string {
  const heading = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  if (heading.includes(',')) return ',';
  return [';', '\t'].find((one) => heading.includes(one)) ?? ',';
}

function lineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
