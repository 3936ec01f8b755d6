import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Node makes no certificates; a test that needs some is skipped where openssl is absent. */
export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface Authority {
  /** Its own certificate. */
  ca: string;
  file(name: string): string;
  read(name: string): Buffer;
  /** Makes `<name>.pem` and `<name>.key`, in the place of those that were there. With `days` below 0 it has ended. */
  issue(name: string, commonName?: string, days?: number): { cert: string; key: string };
}

/** An authority in a folder of its own, for servers and clients on this machine. */
export function authority(commonName = 'test authority'): Authority {
  const dir = mkdtempSync(path.join(tmpdir(), 'natsctl-ca-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = (name: string) => path.join(dir, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const fresh = (name: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', name];
  openssl('req', '-x509', ...fresh('ca.key'), '-out', 'ca.pem', '-days', '2', '-subj', `/CN=${commonName}`);
  writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  return {
    ca: file('ca.pem'),
    file,
    read: (name) => readFileSync(file(name)),
    issue(name, subject = name, days = 2) {
      openssl('req', ...fresh(`${name}.key`), '-out', `${name}.csr`, '-subj', `/O=Example/CN=${subject}`);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.pem`, '-days', String(days));
      return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
    },
  };
}
