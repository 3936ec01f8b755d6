import { NatsctlError } from '../errors.js';
import { matches } from './match.js';
import { isValidSubject, tokenize } from './subject.js';
import { compileFunction, parseTransformFunction, type TransformFunction, wildcardsOf } from './transform-function.js';

export type TransformErrorCode = 'ERR_TRANSFORM_INVALID';

/** A compiled rewriting of subjects. */
export interface Transform {
  readonly from: string;
  readonly to: string;
  /**
   * The rewritten subject, or null when `from` does not match it or nothing could be delivered to the result. A
   * subscription that lies whole within `from` (`isSubset`) may be rewritten by a strict transform the same way.
   */
  apply(subject: string, random?: () => number): string | null;
  /** The way back; there only when every wildcard is used exactly once and by nothing but `$n` or `{{wildcard(n)}}`. */
  reverse?(): Transform;
}

export interface TransformOptions {
  /** For imports: the transform must be reversible. */
  strict?: boolean;
}

/** A tenant chooses the destination and every message pays for it: `$1` over and over would multiply the subject. */
const MAX_DESTINATION_TOKENS = 256;

type Part = { text: string } | { f: TransformFunction };

/**
 * Compiles the rewriting of subjects within `from` to `to`. `>` ends both or neither; `to` has functions where `from` has
 * wildcards. Number 0 names the subject's first token, as on nats-server; a source without wildcards leaves only
 * `partition` and `random` to use.
 *
 * @throws ERR_TRANSFORM_INVALID
 */
export function compileTransform(from: string, to: string, options: TransformOptions = {}): Transform {
  const source = from === '' ? '>' : from;
  const invalid = (why: string) => invalidTransform(source, to, why);
  if (!isValidSubject(source)) throw invalid('the source is not a valid subject');
  const sourceTokens = tokenize(source);
  const wildcards = sourceTokens.filter((token) => token === '*').length;
  const rest = sourceTokens.at(-1) === '>';

  const toTokens = tokenize(to);
  if (toTokens.length > MAX_DESTINATION_TOKENS)
    throw invalid(`the destination has more than ${MAX_DESTINATION_TOKENS} tokens`);
  const parts = toTokens.map((token, i, all) => parsePart(token, i === all.length - 1, invalid));
  const last = parts.at(-1);
  const toRest = last !== undefined && 'text' in last && last.text === '>';
  if (toRest !== rest) throw invalid('`>` must end both or neither');
  const used = parts.flatMap((part) => ('f' in part ? usedWildcards(part.f, wildcards, rest, invalid) : []));
  const reversible = isReversible(sourceTokens, parts, used, wildcards);
  if (options.strict && !reversible) {
    throw invalid('an import must use every wildcard exactly once, by $n or {{wildcard(n)}} only');
  }

  const run = compileParts(rest ? parts.slice(0, -1) : parts, sourceTokens);
  const restFrom = rest ? sourceTokens.length - 1 : -1;
  const transform: Transform = {
    from: source,
    to,
    apply(subject, random = Math.random) {
      if (!matches(source, subject)) return null;
      const tokens = tokenize(subject);
      const head = run(tokens, random);
      if (restFrom === -1) return isDeliverable(head) ? head : null;
      const tail = tokens.slice(restFrom).join('.');
      const whole = head === '' && parts.length === 1 ? tail : `${head}.${tail}`;
      return isDeliverable(whole) ? whole : null;
    },
  };
  if (reversible) transform.reverse = () => compileTransform(...reversed(sourceTokens, parts), { strict: true });
  return transform;
}

/**
 * The destination with its `*` tokens numbered: `bar.*.*` becomes `bar.$1.$2`. Imports may write the local subject
 * either way.
 */
export function numberWildcards(to: string): string {
  let n = 0;
  return tokenize(to)
    .map((token) => (token === '*' ? `$${++n}` : token))
    .join('.');
}

function parsePart(token: string, isLast: boolean, invalid: (why: string) => NatsctlError): Part {
  const f = parseTransformFunction(token);
  if (f !== null) {
    if ('fault' in f) throw invalid(f.fault);
    return { f };
  }
  if (token === '') throw invalid('the destination has an empty token');
  if (token === '*') throw invalid('the destination cannot have `*`: name the wildcard by $n or {{wildcard(n)}}');
  if (token === '>' && !isLast) throw invalid('`>` is only allowed as the last token');
  if (!isValidSubject(token)) throw invalid(`${JSON.stringify(token)} is not a valid token`);
  return { text: token };
}

function usedWildcards(
  f: TransformFunction,
  wildcards: number,
  rest: boolean,
  invalid: (why: string) => NatsctlError,
): number[] {
  if (wildcards === 0 && !rest) {
    if (f.name === 'partition' || f.name === 'random') return [];
    throw invalid(`${f.name} needs a wildcard, and the source has none`);
  }
  const used = wildcardsOf(f);
  for (const n of used) {
    if (n > wildcards) throw invalid(`${f.name} names wildcard ${n}, and the source has ${wildcards} of them`);
  }
  return used;
}

function isReversible(sourceTokens: string[], parts: Part[], used: number[], wildcards: number): boolean {
  // A source token that reads like a function would be one on the way back.
  if (!sourceTokens.every((token) => parseTransformFunction(token) === null)) return false;
  if (!parts.every((part) => 'text' in part || part.f.name === 'wildcard')) return false;
  return used.length === wildcards && new Set(used).size === wildcards && !used.includes(0);
}

function compileParts(
  parts: Part[],
  sourceTokens: string[],
): (tokens: readonly string[], random: () => number) => string {
  // Wildcard n stands at positions[n]; number 0 is the first token.
  const positions = [0, ...sourceTokens.flatMap((token, i) => (token === '*' ? [i] : []))];
  const hasWildcards = positions.length > 1 || sourceTokens.at(-1) === '>';
  if (parts.every((part) => 'text' in part)) {
    const text = parts.map((part) => part.text).join('.');
    return () => text;
  }
  const pieces = parts.map((part) => {
    if ('text' in part) return () => part.text;
    // A source without wildcards has no tokens to choose from: partition takes the whole subject.
    const f = part.f.name === 'partition' && !hasWildcards ? { ...part.f, indexes: [] } : part.f;
    return compileFunction(f, positions);
  });
  return (tokens, random) => pieces.map((piece) => piece(tokens, random)).join('.');
}

/** `foo.*.*` to `bar.$2.$1` becomes `bar.*.*` to `foo.$2.$1`: the k-th placeholder fills the wildcard it came from. */
function reversed(sourceTokens: string[], parts: Part[]): [from: string, to: string] {
  const from = parts.map((part) => ('text' in part ? part.text : '*')).join('.');
  const placeholders = parts.flatMap((part) => ('f' in part ? wildcardsOf(part.f) : []));
  let n = 0;
  const to = sourceTokens.map((token) => (token === '*' ? `$${placeholders.indexOf(++n) + 1}` : token)).join('.');
  return [from, to];
}

/** `split` leaves nothing of a token that is all delimiter; a subject with an empty token reaches nobody. */
function isDeliverable(subject: string): boolean {
  return matches('>', subject);
}

function invalidTransform(from: string, to: string, why: string): NatsctlError<TransformErrorCode> {
  return new NatsctlError(
    'ERR_TRANSFORM_INVALID',
    `subject ${JSON.stringify(from)} cannot be mapped to ${JSON.stringify(to)}: ${why}`,
    {
      hint: 'see "Subject Mapping and Partitioning" in the NATS documentation for what a destination may have',
      details: { from, to },
    },
  );
}
