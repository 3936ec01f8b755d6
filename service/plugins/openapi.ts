import swagger from '@fastify/swagger';
import fp from 'fastify-plugin';
import { withComponents } from '../http/components.js';
import { describeRoute } from '../http/describe-route.js';

/** OpenAPI 3.1 out of the schemas that validate, at `/openapi.json`. */
export const openapi = fp(
  async (app) => {
    await app.register(swagger, {
      transform: ({ schema, url, route }) => ({ schema: describeRoute(url, route.method, schema), url }),
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'natsctl service',
          description: 'Resolver of account JWTs for nats-server, nsc and natsctl, and REST API of the control plane.',
          version: '1',
        },
        tags: [
          { name: 'resolver', description: 'Account JWTs as nats-server and nsc ask for them.' },
          { name: 'health', description: 'For orchestrators and load balancers.' },
          { name: 'api', description: 'Operators, accounts, users, revocations, audit.' },
        ],
        components: {
          securitySchemes: {
            bearer: {
              type: 'http',
              scheme: 'bearer',
              bearerFormat: 'JWT',
              description: 'An access token of this service, or one of an identity provider that it believes.',
            },
          },
        },
      },
    });
    let text: string | undefined;
    app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
      // The routes are those of the start, and it is open to anybody.
      text ??= JSON.stringify(withComponents(app.swagger()));
      return reply.type('application/json').send(text);
    });
  },
  { name: 'openapi' },
);
