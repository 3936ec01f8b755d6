#!/usr/bin/env node
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  const { runNatsctl } = await import(main.href);
  await runNatsctl(process.argv.slice(2), import.meta.url);
} else {
  process.stderr.write('natsctl: this checkout is not built yet: run `npm run build` (or `npm start`) in it\n');
  process.exitCode = 1;
}
