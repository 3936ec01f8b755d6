/**
 * The types of the REST API for its clients (resolver/api-types.ts), out of the service's own OpenAPI document. Written by
 * `npm run docs`; test/unit/service/openapi.test.ts holds the file against the document.
 */

export const API = '/api/v1';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const REHEARSAL = '#/components/schemas/Rehearsal';

const HEAD = `/**
 * The REST API as its OpenAPI document says.
 *
 * Written by \`npm run docs\` (scripts/api-types.mjs) from the schemas of service/: change those.
 */
`;

/** Every operation, by method and path; of the REST API what follows its root. @returns {{ name: string, at: string, method: string, operation: object }[]} */
export function operationsOf({ paths }) {
  return Object.entries(paths)
    .flatMap(([at, methods]) =>
      METHODS.filter((method) => methods[method] !== undefined).map((method) => ({
        name: `${method.toUpperCase()} ${at.startsWith(`${API}/`) ? at.slice(API.length) : at}`,
        at,
        method,
        operation: methods[method],
      })),
    )
    .sort((one, other) => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1));
}

/** The file. */
export function apiTypes(document) {
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `${comment(schema.description, '')}export ${declaration(name, schema)}\n`,
  );
  const rest = operationsOf(document).filter(({ at }) => at.startsWith(`${API}/`));
  const operations = rest.map(
    ({ name, operation }) =>
      `${comment(operation.summary, '  ')}  ${JSON.stringify(name)}: ${operationType(operation)};\n`,
  );
  return [
    HEAD,
    ...schemas,
    '/** What each operation takes and answers; `answer` is that of a change that is made, not one that is only tried. */\n' +
      `export interface Api {\n${operations.join('')}}\n`,
  ].join('\n');
}

function declaration(name, schema) {
  return schema.type === 'object' && schema.properties !== undefined
    ? `interface ${name} ${typeOf(schema, '')}`
    : `type ${name} = ${typeOf(schema, '')};`;
}

function operationType({ parameters = [], requestBody, responses }) {
  const fields = ['path', 'query'].flatMap((where) => {
    const own = parameters.filter((parameter) => parameter.in === where);
    return own.length === 0 ? [] : [[where, own.every(({ required }) => !required), parametersType(own)]];
  });
  const body = requestBody?.content?.['application/json']?.schema;
  if (body !== undefined) fields.push(['body', requestBody.required === false, typeOf(body, '    ')]);
  if (parameters.some(({ name }) => name === 'if-match')) fields.push(['ifMatch', false, 'string | null']);
  fields.push(['answer', false, answerType(responses)]);
  const lines = fields.map(([name, optional, type]) => `    ${name}${optional ? '?' : ''}: ${type};\n`);
  return `{\n${lines.join('')}  }`;
}

function parametersType(parameters) {
  const lines = parameters.map(
    ({ name, description, required, schema }) =>
      `${comment(description, '      ')}      ${fieldName(name)}${required ? '' : '?'}: ${typeOf(schema, '      ')};\n`,
  );
  return `{\n${lines.join('')}    }`;
}

/** Text where it is none of JSON, null where there is none. */
function answerType(responses) {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content }]) =>
      content === undefined ? [{ type: 'null' }] : Object.entries(content).map(jsonOrText),
    )
    .flatMap((schema) => (schema.anyOf?.some(isRehearsal) ? schema.anyOf : [schema]))
    .filter((schema) => !isRehearsal(schema))
    .map((schema) => typeOf(schema, '    '));
  return [...new Set(types)].join(' | ');
}

const jsonOrText = ([type, { schema }]) => (type === 'application/json' ? schema : { type: 'string' });
const isRehearsal = ({ $ref }) => $ref === REHEARSAL;

/** A type of TypeScript for a JSON Schema, as far as TypeBox makes such. What it does not know it refuses. */
function typeOf(schema, indent) {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const of = schema.anyOf ?? schema.oneOf;
  if (of !== undefined) return [...new Set(of.map((one) => typeOf(one, indent)))].join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return arrayOf(typeOf(schema.items, indent));
    case 'object':
      return objectType(schema, indent);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

const arrayOf = (type) => (/^(\w+|\{[^|]*\})$/s.test(type) ? `${type}[]` : `Array<${type}>`);

function objectType({ properties = {}, required = [], additionalProperties, patternProperties }, indent) {
  const names = Object.keys(properties);
  if (names.length === 0) {
    const [pattern] = Object.values(patternProperties ?? {});
    const values = pattern ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    if (values !== undefined) return `Record<string, ${typeOf(values, indent)}>`;
    return additionalProperties === false ? 'Record<string, never>' : 'Record<string, unknown>';
  }
  const inner = `${indent}  `;
  const lines = names.map((name) => {
    const optional = required.includes(name) ? '' : '?';
    const schema = properties[name];
    return `${comment(schema.description, inner)}${inner}${fieldName(name)}${optional}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

const fieldName = (name) => (/^[a-zA-Z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function comment(text, indent) {
  return text ? `${indent}/** ${text.replaceAll('*/', '*\\/').replaceAll('\n', ' ')} */\n` : '';
}
