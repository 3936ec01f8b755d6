import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import { parseStrictJson } from '../../../claims/jwt/json.js';
import type { ServiceErrorCode } from '../../errors.js';

/** Bodies of these routes are JSON and nothing else, read strictly: no key twice, nothing that could reach a prototype. */
export function strictJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => readJson(body),
  );
  app.addHook('preValidation', refuseUnread);
}

/** What a caller says in a body that its route does not read was meant to be heard. */
async function refuseUnread({ body, routeOptions: { schema } }: FastifyRequest): Promise<void> {
  if (schema?.body !== undefined || body === undefined || isEmptyObject(body)) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_BODY_INVALID', 'this route takes no body', {
    hint: 'send none, or {}',
  });
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}

function readJson(body: string): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    const why = isNatsctlError(error) ? error.message : 'not JSON';
    throw new NatsctlError<ServiceErrorCode>('ERR_BODY_INVALID', `the body is ${why}`, { cause: error });
  }
}
