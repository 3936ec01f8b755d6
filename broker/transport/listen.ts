import type { Server } from 'node:net';
import { NatsctlError } from '../../claims/errors.js';
import { codeOf } from '../log.js';
import type { BrokerErrorCode } from '../options.js';
import { hostPort } from './address.js';

/** Listens, and says on which port. @throws ERR_PORT_IN_USE, ERR_LISTEN */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = codeOf(error) === 'EADDRINUSE';
      const code: BrokerErrorCode = taken ? 'ERR_PORT_IN_USE' : 'ERR_LISTEN';
      const text = taken
        ? `port ${port} of ${host} is in use by another program`
        : `cannot listen on ${port === -1 ? host : hostPort(host, port)} (${codeOf(error)})`;
      const hint = taken
        ? 'stop that program, or choose another port for the broker (-1 = any free one)'
        : 'choose another address or port for the broker';
      reject(new NatsctlError(code, text, { hint, cause: error }));
    });
    server.listen({ host, port: port === -1 ? 0 : port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
