import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError } from 'fastify';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { problemOf } from './problem.js';

/**
 * What HTTP itself refuses, before there is a request that a route or a hook could see (nodejs.org/api/http.html, `clientError`):
 * a token beyond what headers may hold is answered as everything else, with a problem document.
 */
export function answerClientError(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const { instance: _unknown, ...problem } = problemOf(refusalOf(error), '');
    const body = JSON.stringify(problem);
    const lines = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'connection: close',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}

function refusalOf({ code }: ConnectionError): NatsctlError<ServiceErrorCode> {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new NatsctlError('ERR_HEADERS_TOO_LARGE', 'the headers of the request are larger than 16 KiB', {
      hint: 'send a smaller token',
    });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new NatsctlError('ERR_REQUEST_TIMEOUT', 'the request was not sent whole in time');
  }
  return new NatsctlError('ERR_REQUEST_INVALID', 'this is no HTTP request');
}
