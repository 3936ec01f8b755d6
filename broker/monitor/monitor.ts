import type { Connection } from '../connection/connection.js';
import type { CloseReason } from '../connection/faults.js';
import type { Observer } from '../observer.js';
import type { MonitoringOptions } from '../options.js';
import { ClosedConnections } from './closed.js';
import { cpuMeter } from './cpu.js';

/** What monitoring keeps between two questions. It costs something when a connection ends, and nothing for a message. */
export class Monitor implements Observer {
  readonly closedConnections: ClosedConnections;
  /** Connections that did not take what they were owed. */
  slowConsumers = 0;
  /** Connections that answered no PING. */
  staleConnections = 0;
  /** Questions asked over HTTP, by path. */
  readonly requests = new Map<string, number>();
  readonly cpuPercent = cpuMeter();
  /** Where it is asked over HTTP; ports are known once listening. */
  readonly http = { host: '', httpPort: 0, httpsPort: 0, basePath: '' };

  constructor(maxClosedClients: number, { basePath = '' }: MonitoringOptions = {}) {
    this.closedConnections = new ClosedConnections(maxClosedClients);
    this.http.basePath = basePath;
  }

  closed(connection: Connection, reason: CloseReason): void {
    if (reason.startsWith('Slow Consumer')) {
      this.slowConsumers++;
      if (connection.account !== null) connection.account.slowConsumers++;
    } else if (reason === 'Stale Connection') {
      this.staleConnections++;
    }
    this.closedConnections.add(connection, reason);
  }

  countRequest(path: string): void {
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
  }
}
