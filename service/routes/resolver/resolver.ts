import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { NatsctlError } from '../../../claims/errors.js';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import type { ServiceErrorCode } from '../../errors.js';
import type { Service } from '../../service.js';
import { resolverAccountRoutes } from './accounts.js';
import { resolverActivationRoutes } from './activations.js';
import { resolverHelpRoutes } from './help.js';
import { resolverOperatorRoutes } from './operator.js';
import { resolverPackRoutes } from './pack.js';
import { resolverPushRoutes } from './push.js';

/** Whitespace around a token in a file. */
const SLACK_BYTES = 1_024;
/** As nsc sends (`application/jwt`, `application/text`), as curl (`-d @file` says it is a form) and other tools do: bare, in each. */
const TOKEN_TYPES = [
  'application/jwt',
  'application/text',
  'text/plain',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
];

/** `/jwt/v1`, as nats-server's URL resolver and `nsc push/pull` use it. Open to all: a JWT is proof of itself. */
export const resolver: FastifyPluginAsync<{ service: Service }> = async (app, { service }) => {
  const token = { parseAs: 'string', bodyLimit: MAX_TOKEN_BYTES + SLACK_BYTES } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(TOKEN_TYPES, token, async (_request: FastifyRequest, body: string) => body);
  app.addContentTypeParser<string>('*', token, async ({ headers }: FastifyRequest, body: string) => {
    if (headers['content-type'] === undefined) return body;
    throw new NatsctlError<ServiceErrorCode>('ERR_CONTENT_TYPE', 'a token is pushed as application/jwt', {
      hint: `send one of: ${TOKEN_TYPES.join(', ')}`,
    });
  });
  for (const routes of [
    resolverAccountRoutes,
    resolverPushRoutes,
    resolverActivationRoutes,
    resolverOperatorRoutes,
    resolverPackRoutes,
  ]) {
    await app.register(routes, { service });
  }
  await app.register(resolverHelpRoutes);
};
