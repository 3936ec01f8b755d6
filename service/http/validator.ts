import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

/**
 * Validates by the route's TypeBox schemas. Nothing is taken away and nothing is turned into another type, but for query
 * strings, which are text by nature: there `limit=5` is a number, and what is absent has its default.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const convert = (given: unknown): unknown => Value.Convert(schema, Value.Default(schema, given));
  // Compiled with the first request that is judged by it: all schemas of all routes at once were a part of every start.
  let validator: ReturnType<typeof Compile> | undefined;
  // Most requests have no query, and what that is turned into is always the same: a twentieth of a GET's time.
  let empty: string | undefined;
  const queryOf = (given: unknown): unknown => {
    if (!isEmpty(given)) return convert(given);
    empty ??= JSON.stringify(convert({}));
    return JSON.parse(empty);
  };
  return (given: unknown) => {
    validator ??= Compile(schema);
    const value = httpPart === 'querystring' ? queryOf(given) : given;
    if (!validator.Check(value)) return { error: toldOnce(validator.Errors(value)) };
    const nul = nulIn(value);
    return nul === null ? { value } : { error: [{ ...NUL, instancePath: nul }] };
  };
};

const NUL = { keyword: 'nul', schemaPath: '#', params: {}, message: 'holds a NUL character' };

/** Where a text has a NUL, which none of ours has: PostgreSQL takes no such text, and libSQL ends it there. Null = nowhere. */
function nulIn(value: unknown, at = ''): string | null {
  if (typeof value === 'string') return value.includes('\0') ? at : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const name in value) {
    const found = nulIn((value as Record<string, unknown>)[name], `${at}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

function isEmpty(given: unknown): boolean {
  for (const _ in given as object) return false;
  return true;
}

/** A property that is too many is told as itself, not also as a fault of the object around it. */
function toldOnce(errors: FastifySchemaValidationError[]): FastifySchemaValidationError[] {
  return errors
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .map((error) => (error.keyword === 'boolean' ? { ...error, message: 'is not known here' } : error));
}
