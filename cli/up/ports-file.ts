import { writeFileAtomic } from '../store/atomic.js';

/** What `--ports-file` receives when all is ready, whole or not at all. */
export interface Ports {
  broker?: string;
  service?: string;
}

export async function writePortsFile(file: string | undefined, ports: Ports): Promise<void> {
  if (file !== undefined) await writeFileAtomic(file, `${JSON.stringify(ports)}\n`);
}
