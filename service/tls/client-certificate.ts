import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the client, when it showed a certificate that one of the authorities named signed; else null. */
    clientCertificate: ClientCertificate | null;
  }
}

/** Who a client is by its certificate, for policy and audit. */
export interface ClientCertificate {
  /** Distinguished name, most specific part last: `O=Example, CN=ci`. */
  subject: string;
  /** SHA-256 of the certificate: what tells two of one subject apart. */
  fingerprint: string;
}

/** Many requests come over one connection, whose certificate does not change: it is taken apart once. */
const known = new WeakMap<TLSSocket, ClientCertificate | null>();

export const clientCertificates = fp(
  async (app) => {
    app.decorateRequest('clientCertificate', null);
    app.addHook('onRequest', (request, _reply, done) => {
      request.clientCertificate = certificateOf(request);
      done();
    });
  },
  { name: 'client-certificates' },
);

function certificateOf({ raw: { socket } }: FastifyRequest): ClientCertificate | null {
  if (!(socket instanceof TLSSocket)) return null;
  const before = known.get(socket);
  if (before !== undefined) return before;
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  const found = certificate
    ? { subject: certificate.subject.replaceAll('\n', ', '), fingerprint: certificate.fingerprint256 }
    : null;
  known.set(socket, found);
  return found;
}
