/**
 * `npm test`: sets up what is missing, checks types and style, then runs every test; ends with `N passed, N failed`
 * (`, N skipped` where a peer program is absent). Arguments go to vitest: `npm test -- claims`.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { root, setup } from './setup.mjs';

const node = (script, args, env = process.env) =>
  spawnSync(process.execPath, [path.join(root, script), ...args], { cwd: root, stdio: 'inherit', env }).status === 0;

try {
  setup();
} catch (error) {
  process.stderr.write(`natsctl: ${error.message}\n`);
  process.exit(1);
}
const checks = {
  types: () => node('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']),
  style: () => node('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
};
const failed = Object.keys(checks).filter((name) => !checks[name]());
// The closing line counts them, so that it never says `0 failed` where the exit code is 1.
const passed = node('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)], {
  ...process.env,
  NATSCTL_FAILED_CHECKS: failed.join(' '),
});
process.exitCode = failed.length === 0 && passed ? 0 : 1;
