import { build, type Schema } from 'fast-json-stringify';
import type { FastifySerializerCompiler } from 'fastify';

type Write = (data: unknown) => string;

const compiled = new WeakMap<object, Write>();

/**
 * Writes answers by the route's response schemas: what a schema does not name is not told. As Fastify's own does it, but that a schema
 * is compiled when the first answer goes by it, and once for all routes it is of: of thousands a run needs a few dozen, and to
 * compile all of them was the larger part of a start.
 */
export const serializerCompiler: FastifySerializerCompiler<Schema> = ({ schema }) => {
  return (data) => {
    const known = compiled.get(schema as object);
    if (known !== undefined) return known(data);
    const write = build(schema) as Write;
    compiled.set(schema as object, write);
    return write(data);
  };
};
