import fp from 'fastify-plugin';
import { isNatsctlError } from '../../claims/errors.js';
import type { Metrics } from '../metrics/metrics.js';

const PUSH = /^\/jwt\/v1\/accounts\/:/;

/** Counts every answer, by the pattern of its route: what was asked for where there is none is nobody's label. */
export const measure = fp<{ metrics: Metrics }>(
  async (app, { metrics }) => {
    const refusals = new WeakMap<object, string>();
    app.addHook('onError', (request, _reply, error, done) => {
      if (isNatsctlError(error)) refusals.set(request, error.code);
      done();
    });
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      const { statusCode } = reply;
      metrics.request(request.method, route, statusCode, reply.elapsedTime / 1_000);
      if (request.method === 'POST' && PUSH.test(route)) {
        const taken = statusCode === 201 ? 'created' : 'accepted';
        metrics.push(statusCode < 400 ? taken : (refusals.get(request) ?? `HTTP_${statusCode}`));
      }
      done();
    });
  },
  { name: 'measure' },
);
