import { configFault } from './fault.js';
import type { Place } from './value.js';

/** Go's unicode.IsSpace, which is not quite JavaScript's `\s`. */
const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const DIGIT = /\p{Nd}/u;
const HEX = /^[0-9A-Fa-f]{2}$/;
const DATE = /^-\d\d-\d\dT\d\d:\d\d:\d\dZ/;
/** What ends a number; a `]` does not (nats-server lexNumberOrDateOrStringOrIP), and makes a word of it. */
const ENDS_NUMBER = /[\n\r};,\t ]/;
const ENDS_WORD = /[\n\r;,\]}\t ]/;
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', '\\': '\\' };

/** The text of a scalar, and what it was written as. A `word` is unquoted text, which may be a boolean or a variable. */
export interface Scalar {
  readonly kind: 'word' | 'string' | 'integer' | 'float' | 'date';
  readonly text: string;
  /** Where it begins. */
  readonly start: number;
}

/** Reads the words, numbers and quoted texts of one file; what they are part of is the parser's business. */
export class Lexer {
  readonly #text: string;
  readonly #file: string;
  readonly #lines: number[] = [];
  pos = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lines.push(at);
    // To nats-server's lexer it is the end of the file, or of a value, as it comes.
    const nul = text.indexOf('\0');
    if (nul !== -1) throw this.fault('a NUL byte', nul);
  }

  /** The next character; empty at the end. */
  peek(): string {
    const code = this.#text.codePointAt(this.pos);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  next(): string {
    const char = this.peek();
    this.pos += char.length;
    return char;
  }

  /** Takes a character if it comes next. */
  take(char: string): boolean {
    if (this.#text[this.pos] !== char) return false;
    this.pos++;
    return true;
  }

  skipSpaces(): void {
    while (isSpace(this.peek())) this.next();
  }

  skipBlanks(): void {
    while (isBlank(this.peek())) this.pos++;
  }

  /** Skips a comment, up to the end of its line, if one begins here. */
  comment(): boolean {
    if (!this.#text.startsWith('//', this.pos) && this.peek() !== '#') return false;
    while (this.pos < this.#text.length && !isLineEnd(this.peek())) this.pos++;
    return true;
  }

  place(offset: number): Place {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    const before = low === 0 ? 0 : (this.#lines[low - 1] as number);
    return { file: this.#file, line: low + 1, column: Buffer.byteLength(this.#text.slice(before, offset)) };
  }

  fault(message: string, offset = this.pos) {
    return configFault(`Parse error on line ${this.place(offset).line}: '${message}'`);
  }

  /** A bare key: up to a space or a separator. */
  bareKey(): string {
    const start = this.pos;
    this.next();
    for (let char = this.peek(); char !== '' && !isSpace(char) && !isSeparator(char); char = this.peek()) this.next();
    return this.#text.slice(start, this.pos);
  }

  /** What stands between quotes, the first of which was taken, without escapes: keys, file names and '…'. */
  quoted(quote: string): string {
    const end = this.#text.indexOf(quote, this.pos);
    if (end === -1) throw this.fault('Unexpected EOF.', this.#text.length);
    const inner = this.#text.slice(this.pos, end);
    this.pos = end + 1;
    return inner;
  }

  /** A file name after `include`. */
  fileName(): string {
    this.skipBlanks();
    const char = this.peek();
    if (this.take("'") || this.take('"')) return this.quoted(char);
    if (char === '' || /[[{(\-\\\n\r]/.test(char) || DIGIT.test(char)) throw this.fault('Expected include value');
    const start = this.pos;
    while (!/^[\n\r;}\t ']?$/.test(this.peek())) this.next();
    const name = this.#text.slice(start, this.pos);
    this.take("'");
    return name;
  }

  /** A value that is neither array nor map. */
  scalar(): Scalar {
    const start = this.pos;
    const char = this.peek();
    if (char === "'") {
      this.pos++;
      return { kind: 'string', text: this.quoted("'"), start: start + 1 };
    }
    if (char === '"') {
      this.pos++;
      return this.#escapable('string', this.pos);
    }
    if (char === '(') {
      this.pos++;
      return this.#block();
    }
    if (char === '-') return this.#number(start, true);
    if (DIGIT.test(char)) return this.#number(start, false);
    if (char === '.') throw this.fault('Floats must start with a digit');
    if (isLineEnd(char)) throw this.fault('Expected value but found new line');
    return this.#escapable('word', start);
  }

  /** Up to a `)` on a line of its own. */
  #block(): Scalar {
    const start = this.pos;
    const end = /\n\)(?=\n|$(?![\s\S]))/g;
    end.lastIndex = start;
    const found = end.exec(this.#text);
    if (found === null) throw this.fault('Unexpected EOF processing block.', this.#text.length);
    this.pos = found.index + 2;
    return { kind: 'string', text: this.#text.slice(start, found.index + 1), start };
  }

  /** Text in which `\` escapes: a word, which its surroundings end, or what stands between double quotes. */
  #escapable(kind: 'word' | 'string', start: number): Scalar {
    const ended =
      kind === 'string' ? (char: string) => char === '"' : (char: string) => char === '' || ENDS_WORD.test(char);
    const parts: Buffer[] = [];
    let from = start;
    for (;;) {
      const char = this.peek();
      if (ended(char)) break;
      if (char === '') throw this.fault('Unexpected EOF.');
      if (kind === 'word' && char === "'") break;
      this.next();
      if (char !== '\\') continue;
      parts.push(Buffer.from(this.#text.slice(from, this.pos - 1)), this.#escape());
      from = this.pos;
    }
    parts.push(Buffer.from(this.#text.slice(from, this.pos)));
    // Escaped bytes may be the parts of one character.
    const text = Buffer.concat(parts).toString();
    const closing = this.peek() === "'" || kind === 'string';
    if (closing) this.pos++;
    return { kind: kind === 'word' && parts.length === 1 && !closing ? 'word' : 'string', text, start };
  }

  #escape(): Buffer {
    const char = this.next();
    if (char === 'x') {
      const digits = this.#text.slice(this.pos, this.pos + 2);
      if (!HEX.test(digits)) throw this.fault(`Expected two hexadecimal digits after '\\x', but got '${digits}'`);
      this.pos += 2;
      return Buffer.from(digits, 'hex');
    }
    const escaped = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (escaped !== undefined) return Buffer.from(escaped);
    throw this.fault(
      `Invalid escape character '${char}'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.`,
    );
  }

  /** An integer, a float, a date, an IP address, or a word that begins with a digit. */
  #number(start: number, negative: boolean): Scalar {
    if (negative) this.pos++;
    if (!DIGIT.test(this.peek())) throw this.fault(`Expected a digit but got '${this.peek()}'.`);
    this.#digits();
    const char = this.peek();
    if (char === '.') return this.#fraction(start);
    if (/[kmgtpe]/i.test(char)) {
      this.pos++;
      while (/[bi]/i.test(this.peek())) this.pos++;
      return this.#endsNumber() ? this.#scalar('integer', start) : this.#escapable('word', start);
    }
    if (negative) return this.#scalar('integer', start);
    if (char === '-') return this.#date(start);
    if (this.#endsNumber()) return this.#scalar('integer', start);
    // Whatever it is, it is part of the word: a `]` too.
    this.next();
    return this.#escapable('word', start);
  }

  #fraction(start: number): Scalar {
    this.pos++;
    if (!DIGIT.test(this.peek())) {
      throw this.fault(`Floats must have a digit after the '.', but got '${this.peek()}' instead.`);
    }
    this.#digits();
    if (this.peek() !== '.') return this.#scalar('float', start);
    while (/[.:-]/.test(this.peek()) || DIGIT.test(this.peek())) this.next();
    return this.#scalar('string', start);
  }

  #date(start: number): Scalar {
    const rest = DATE.exec(this.#text.slice(this.pos, this.pos + 16));
    if (this.pos - start !== 4 || rest === null) throw this.fault('All ISO8601 dates must be in full Zulu form.');
    this.pos += rest[0].length;
    return this.#scalar('date', start);
  }

  #digits(): void {
    while (DIGIT.test(this.peek())) this.next();
  }

  #endsNumber(): boolean {
    return this.peek() === '' || ENDS_NUMBER.test(this.peek());
  }

  #scalar(kind: Scalar['kind'], start: number): Scalar {
    return { kind, text: this.#text.slice(start, this.pos), start };
  }
}

export function isSpace(char: string): boolean {
  return SPACE.test(char);
}

export function isBlank(char: string): boolean {
  return char === ' ' || char === '\t';
}

export function isLineEnd(char: string): boolean {
  return char === '\n' || char === '\r';
}

export function isSeparator(char: string): boolean {
  return char === '=' || char === ':';
}
