/** The service of scripts/bench-service.mjs, alone in its process: it tells its URL, and what it has used when asked. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Seed } from '../dist/claims/keys/seed.js';
import { startService } from '../dist/service/start.js';

const [dataDir, operatorFile] = process.argv.slice(2);
const service = await startService({ dataDir, port: -1 });
if (operatorFile) {
  const { token, seed } = JSON.parse(readFileSync(operatorFile, 'utf8'));
  await service.adoptOperator({ operatorToken: token, signingSeed: Seed.parse(seed) });
}
process.on('message', async (what) => {
  if (what === 'close') {
    await service.close();
    process.disconnect();
  } else {
    process.send({ cpu: process.cpuUsage(), peakMegabytes: peakMegabytes() });
  }
});
process.send({ url: service.url });

/** As the kernel keeps it for this program; the one of `resourceUsage` begins with what the process that started it had in use. */
function peakMegabytes() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
