#!/usr/bin/env node
// No static import: `import 'node:fs'` alone takes Node longer than the rest of this file (scripts/bundle.mjs says why).
const main = new URL('../dist/bundle/main.js', import.meta.url);
if (process.getBuiltinModule('node:fs').existsSync(main)) {
  const { runNatsctl } = await import(main.href);
  await runNatsctl(process.argv.slice(2), import.meta.url);
} else {
  process.stderr.write('natsctl: this checkout is not built yet: run `npm run build` (or `npm start`) in it\n');
  process.exitCode = 1;
}
