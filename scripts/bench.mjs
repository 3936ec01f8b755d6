/** `npm run bench [-- broker|cli|service] [--json]`: each measures beside a peer, in turn in the same run. */
import process from 'node:process';

const what = process.argv.slice(2).find((word) => !word.startsWith('-')) ?? 'broker';
const benches = { broker: './bench-broker.mjs', cli: './bench-cli.mjs', service: './bench-service.mjs' };
if (!Object.hasOwn(benches, what))
  throw new Error(`no such bench: ${what}; there are: ${Object.keys(benches).join(', ')}`);
await import(benches[what]);
