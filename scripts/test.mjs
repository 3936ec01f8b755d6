/**
 * `npm test`: sets up what is missing, checks types and style, then runs every test; ends with `N passed, N failed`
 * (`, N skipped` where a peer program is absent). Arguments go to vitest: `npm test -- claims`.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root, setup } from './setup.mjs';

const node = (script, ...args) =>
  spawnSync(process.execPath, [path.join(root, script), ...args], { cwd: root, stdio: 'inherit' }).status === 0;

try {
  setup();
} catch (error) {
  process.stderr.write(`natsctl: ${error.message}\n`);
  process.exit(1);
}
const clean =
  node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json') &&
  node('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
const passed = node('node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2));
process.exitCode = clean && passed ? 0 : 1;
