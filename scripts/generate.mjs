/**
 * Generates the database client (prisma/generated) from prisma/schema.prisma. Prisma's CLI looks for its schema engine, a
 * binary it would download, although `generate` never runs it: naming any existing file keeps the network out of it.
 * Skips when the schema and Prisma's version are those of the last run.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const schema = path.join(root, 'prisma/schema.prisma');
const generated = path.join(root, 'prisma/generated');
const stamp = path.join(generated, '.schema');

const prismaPackage = path.join(root, 'node_modules/prisma/package.json');
const { version, bin } = JSON.parse(readFileSync(prismaPackage, 'utf8'));
const wanted = createHash('sha256').update(version).update(readFileSync(schema)).digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  rmSync(generated, { recursive: true, force: true });
  const cli = path.join(path.dirname(prismaPackage), typeof bin === 'string' ? bin : bin.prisma);
  const result = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
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
  mkdirSync(generated, { recursive: true });
  writeFileSync(stamp, wanted);
}
