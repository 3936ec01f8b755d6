import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { textContent } from '../../schemas/resolver.js';

/** For a person with curl. What programs read is /openapi.json. */
const HELP = `natsctl service: the JWTs of NATS accounts over HTTP

GET  /jwt/v1/operator               the operator JWT (also /jwt/v2/operator); ?text=true, ?decode=true
GET  /jwt/v1/accounts/              200 and nothing: a resolver is here
GET  /jwt/v1/accounts/{key}         the JWT of an account, with its jti as ETag; 304 to If-None-Match
       ?text=true                   as text/plain
       ?decode=true                 header and claims to read, times as dates, activation tokens opened
       ?check=true                  404 for one that has expired
       ?notify=true                 announce it to the servers again (access token of an admin)
POST /jwt/v1/accounts/{key}         push an account JWT signed by a key of the operator; the body is the bare token
       If-Match: "jti"              only in place of the JWT it was made from
       If-None-Match: *             only if there is none
       202                          signed by its account: kept until an admin approves it (--resign-self-signed)
POST /jwt/v1/activations            leave an activation token for its importer
GET  /jwt/v1/activations/{hash}     the activation token of that hash
GET  /jwt/v1/pack?max=N             every account, a line each: key|JWT (access token of an admin)

nats-server:  resolver: URL(http://HOST:PORT/jwt/v1/accounts/)
nsc:          nsc edit operator --account-jwt-server-url http://HOST:PORT/jwt/v1
natsctl:      natsctl push --service http://HOST:PORT

All routes: /openapi.json
`;

export const resolverHelpRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/help',
    {
      schema: {
        tags: ['resolver'],
        summary: 'What is here, to read',
        response: { 200: { description: 'Text', ...textContent } },
      },
    },
    async (_request, reply) => reply.type('text/plain; charset=utf-8').send(HELP),
  );
};
