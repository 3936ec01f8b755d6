import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { diagnose } from '../../insight/doctor.js';
import { explain } from '../../insight/explain.js';
import { knownUser } from '../../insight/known-user.js';
import { callerOf } from '../../plugins/access.js';
import { apiRoute, needs, refusals } from '../../schemas/common.js';
import { Answer, Complaint, Diagnosis, PostedComplaint, Question } from '../../schemas/insight.js';
import type { Service } from '../../service.js';

/** Requests that one counts as: the accounts around one are judged, each import of each. */
const EXPLANATION = 50;

/** The CLI's answers from the same code (claims/explain), over the accounts that this service holds. */
export const insightRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/explain',
    {
      config: { ...needs('read', 'reach'), cost: EXPLANATION },
      schema: {
        ...apiRoute,
        summary: 'Whether a user may publish, subscribe or request, and why: `natsctl explain can`',
        querystring: Question,
        response: { 200: Answer, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request) => explain(service, callerOf(request), request.query),
  );

  app.get(
    '/doctor',
    {
      config: { ...needs('read', 'reach'), cost: EXPLANATION },
      schema: {
        ...apiRoute,
        summary: 'Why servers refuse a user of this service: `natsctl doctor`',
        querystring: Complaint,
        response: { 200: Diagnosis, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request) => {
      const { jwt } = await knownUser(service.store.db, callerOf(request), request.query);
      return diagnose(service, callerOf(request), { token: jwt.token, ip: request.query.ip });
    },
  );

  app.post(
    '/doctor',
    {
      config: { ...needs('read', 'reach'), cost: EXPLANATION },
      schema: {
        ...apiRoute,
        summary: 'As GET, of a user JWT from anywhere (never its seed)',
        body: PostedComplaint,
        response: { 200: Diagnosis, ...refusals(400, 401, 403) },
      },
    },
    async (request) => {
      const { jwt, ip } = request.body;
      return diagnose(service, callerOf(request), { token: jwt, ip });
    },
  );
};
