import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { writeFileAtomic } from '../store/atomic.js';

/** What `--ports-file` receives when all is ready, whole or not at all. */
export interface Ports {
  broker?: string;
  service?: string;
}

export async function writePortsFile(file: string | undefined, ports: Ports): Promise<void> {
  if (file === undefined) return;
  try {
    await writeFileAtomic(file, `${JSON.stringify(ports)}\n`);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    const { code, message, details } = error;
    throw new NatsctlError(code, message, { hint: 'name another file with --ports-file', details, cause: error });
  }
}
