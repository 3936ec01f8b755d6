/** `npm start`: sets up what is missing, then runs `natsctl up` in this same process, so that Ctrl-C reaches it directly. */
import process from 'node:process';
import { root, setup } from './setup.mjs';

try {
  setup();
} catch (error) {
  process.stderr.write(`natsctl: ${error.message}\n`);
  process.exit(1);
}
process.argv.splice(2, 0, 'up');
await import(`file://${root}/bin/natsctl.js`);
