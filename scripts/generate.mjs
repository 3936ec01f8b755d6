/**
 * Generates the database clients from prisma/schema.prisma: prisma/generated for libSQL, prisma/generated/postgres for
 * PostgreSQL. A Prisma schema names one provider, so the second one is the first with provider and output changed.
 *
 * Prisma's CLI looks for its schema engine, a binary it would download, although `generate` never runs it: naming any existing
 * file keeps the network out of it. Skips when the schema, Prisma's version and this script are those of the last run.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(import.meta.url);
const root = path.dirname(path.dirname(script));
const schema = path.join(root, 'prisma/schema.prisma');
const generated = path.join(root, 'prisma/generated');
const postgresSchema = path.join(generated, 'postgres.prisma');
const stamp = path.join(generated, '.schema');

const prismaPackage = path.join(root, 'node_modules/prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(prismaPackage, 'utf8'));
const cli = path.join(path.dirname(prismaPackage), typeof bin === 'string' ? bin : bin.prisma);
const inputs = createHash('sha256').update(version).update(readFileSync(schema)).update(readFileSync(script));
const wanted = inputs.digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(generated, { recursive: true, force: true });
  generate(schema);
  mkdirSync(generated, { recursive: true });
  writeFileSync(postgresSchema, forPostgres(readFileSync(schema, 'utf8')));
  generate(postgresSchema);
  writeFileSync(stamp, wanted);
}

function generate(file) {
  const result = spawnSync(process.execPath, [cli, 'generate', '--no-hints', '--schema', file], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: schema,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout}${result.stderr}`);
    process.exit(1);
  }
}

function forPostgres(text) {
  const changes = [
    ['provider = "sqlite"', 'provider = "postgresql"'],
    ['= "./generated"', '= "./postgres"'],
  ];
  return changes.reduce((changed, [from, to]) => {
    if (changed.split(from).length !== 2) throw new Error(`${schema} must say \`${from}\` once`);
    return changed.replace(from, to);
  }, text);
}
