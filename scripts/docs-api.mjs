/**
 * `npm run docs`, of the REST API: docs/api.md, every route in a table, and the types of its clients. Both come out of the
 * document that a service answers; test/unit/service/openapi.test.ts holds them against it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { API, apiTypes, operationsOf } from './api-types.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const HEAD = `# REST API

<!-- Written by \`npm run docs\` from the routes themselves: change those. -->

Every route, those of \`/api/v1\` without that, as \`/openapi.json\` of a running service says in full: what it takes, what it answers, what it refuses.
How they are used is told in [service.md](service.md). Requests carry \`Authorization: Bearer TOKEN\`; refusals are problem documents
(RFC 9457) with a stable \`code\`.

In the columns: **dry run** takes \`?dryRun=true\` and answers what would change; **If-Match** wants the \`ETag\` of what was read.
`;

/** The page, from the document. */
export function apiPage(document) {
  const groups = new Map();
  for (const operation of operationsOf(document)) {
    const word = operation.at.startsWith(`${API}/`) ? operation.name.split('/')[1] : operation.operation.tags[0];
    groups.set(word, [...(groups.get(word) ?? []), operation]);
  }
  const words = [...groups.keys()].sort();
  const parts = words.map((word) => `## ${word}\n\n${routes(groups.get(word))}`);
  return `${[HEAD, ...parts].join('\n').trimEnd()}\n`;
}

function routes(operations) {
  const rows = operations.map(({ name, operation }) => {
    const takes = (wanted) => (operation.parameters ?? []).some((parameter) => parameter.name === wanted);
    const notes = [takes('dryRun') && 'dry run', takes('if-match') && 'If-Match'].filter(Boolean);
    return `| \`${name}\` | ${cell(operation.summary)} | ${notes.join(', ')} |`;
  });
  return `| | | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Of the built service, over an empty folder. */
async function documentOfService() {
  const { startService } = await import('../dist/service/start.js');
  const dataDir = mkdtempSync(path.join(tmpdir(), 'natsctl-docs-'));
  try {
    const service = await startService({ dataDir, port: -1, logger: pino({ level: 'silent' }) });
    try {
      return await (await fetch(`${service.url}/openapi.json`)).json();
    } finally {
      await service.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = await documentOfService();
  writeFileSync(path.join(root, 'docs/api.md'), apiPage(document));
  writeFileSync(path.join(root, 'resolver/api-types.ts'), apiTypes(document));
}
