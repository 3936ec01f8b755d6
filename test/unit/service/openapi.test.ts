/** The OpenAPI document is what the service does: compared with the routes that are really registered. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { apiTypes } from '../../../scripts/api-types.mjs';
import { apiPage } from '../../../scripts/docs-api.mjs';
import { runService } from './service.js';

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security?: unknown;
  parameters?: { name: string; in: string; description?: string; required?: boolean; schema?: { default?: unknown } }[];
  requestBody?: unknown;
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: { $ref?: string; anyOf?: { $ref?: string }[] } }> }
  >;
}

/** Refusals are said once, so that the document is not a megabyte of them. */
const MAX_DOCUMENT_BYTES = 500_000;

/** A service, its document, and every route that was registered while it started. */
async function documented() {
  const registered: string[] = [];
  const listen = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) registered.push(`${one.toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`);
    });
  };
  subscribe('fastify.initialization', listen);
  const service = await runService();
  unsubscribe('fastify.initialization', listen);
  const { text, json: document } = await service.get('/openapi.json');
  expect(text.length).toBeLessThan(MAX_DOCUMENT_BYTES);
  const all = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at, method, operation })),
  );
  const operations = all.filter(({ method }) => method !== 'head');
  return { service, document, registered, operations };
}

/** Not of the API: the document itself, and a form of a path that nats-server asks for. */
const HIDDEN = ['/openapi.json', '/jwt/v1/accounts/', '/metrics', '*'];

describe('the OpenAPI document', () => {
  it('is valid, and describes every route that is there and none that is not', async () => {
    const { document, registered, operations } = await documented();
    // `npm run docs` writes both.
    expect(readFileSync('resolver/api-types.ts', 'utf8') === apiTypes(document), 'resolver/api-types.ts').toBe(true);
    expect(readFileSync('docs/api.md', 'utf8')).toBe(apiPage(document));
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    // Every GET is also a HEAD, which the document need not say.
    const known = registered.filter(
      (route) => !route.startsWith('head ') && !HIDDEN.includes(route.split(' ')[1] ?? ''),
    );
    expect(known.length).toBeGreaterThan(40);
    expect(operations.map(({ at, method }) => `${method} ${at}`).sort()).toEqual([...new Set(known)].sort());
  });

  it('names every operation, says what it takes, and what it may answer', async () => {
    const { operations } = await documented();
    const ids = operations.map(({ operation }) => operation.operationId);
    expect.soft(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect
      .soft(ids)
      .toEqual(
        expect.arrayContaining(['getAccounts', 'getAccount', 'postAccounts', 'getAccountUsers', 'postAuditVerify']),
      );
    for (const { at, method, operation } of operations) {
      const what = `${method} ${at}`;
      const { operationId, summary, tags, parameters = [], responses } = operation;
      expect.soft(operationId, what).toMatch(/^[a-z][a-zA-Z0-9]+$/);
      expect.soft(summary, what).toBeTruthy();
      expect.soft(tags, what).toHaveLength(1);
      expect
        .soft(
          parameters.filter(({ description }) => !description).map(({ name }) => name),
          what,
        )
        .toEqual([]);
      const preset = parameters.filter(({ required, schema }) => required && schema?.default !== undefined);
      expect.soft(preset, what).toEqual([]);
      const named = [...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect.soft(inPath.sort(), what).toEqual(named.sort());
      expect
        .soft(
          Object.keys(responses).some((status) => status.startsWith('2')),
          what,
        )
        .toBe(true);
      if (!at.startsWith('/api/v1/')) continue;
      const expected = ['400', '429'];
      const open = at.startsWith('/api/v1/sessions');
      if (!open) {
        expect.soft(operation.security, what).toEqual([{ bearer: [] }]);
        expected.push('401', '403');
      }
      const takes = (name: string) => parameters.some((parameter) => parameter.name === name);
      if (method === 'post' && !open) expected.push('409', '422');
      expect.soft(takes('idempotency-key'), what).toBe(method === 'post' && !open);
      if (operation.requestBody) expected.push('413', '415');
      if (takes('if-match')) expected.push('412', '428');
      expect.soft(Object.keys(responses), what).toEqual(expect.arrayContaining(expected));
      for (const [status, { content = {} }] of Object.entries(responses)) {
        if (Number(status) >= 400)
          expect.soft(Object.keys(content), `${what} ${status}`).toEqual(['application/problem+json']);
      }
      if (!takes('dryRun')) continue;
      const schema = responses['200']?.content?.['application/json']?.schema;
      expect
        .soft(
          [schema, ...(schema?.anyOf ?? [])].map((one) => one?.$ref),
          what,
        )
        .toContain('#/components/schemas/Rehearsal');
    }
  });
});
