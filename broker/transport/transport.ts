import type { X509Certificate } from 'node:crypto';
import type { ConnectionType } from '../../claims/types.js';
import type { CloseReason } from '../connection/faults.js';

/** What a connection learns from what carries its bytes. */
export interface Receiver {
  received(chunk: Buffer): void;
  /** The network failed: nothing more can be said. */
  failed(reason: CloseReason, error: unknown): void;
  /** The transport comes to its end, asked by the peer or for what it did; what is owed may still be written. */
  ended(reason: CloseReason, why: string): void;
  /** The peer is gone. */
  gone(): void;
}

/** What carries the bytes of one connection: TCP, TLS, or frames of a WebSocket. NATS is a stream of bytes over each. */
export interface Transport {
  /** As the claims of a user name it (`allowed_connection_types`). */
  readonly type: ConnectionType;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Null where the bytes are not encrypted. */
  readonly tls: TlsState | null;
  /** Tells of failure and end; bytes come once `read` is called. */
  open(receiver: Receiver): void;
  read(): void;
  /** One behind the other, in as few writes as it can; `done` when the kernel has taken them all. They must not change meanwhile. */
  write(chunks: readonly Buffer[], done?: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
  /** Ends it after what was written, saying why where it has words for that. */
  end(reason: CloseReason): void;
  destroy(): void;
}

export interface TlsState {
  /** As nats-server's connz shows it: `1.2`, `1.3`. */
  readonly version: string;
  /** The IANA name, which is Go's. */
  readonly cipher: string;
  /** The peer's own, which the chain of a trusted authority proved; null where none was asked for. */
  readonly peerCertificate: X509Certificate | null;
}

/** What INFO says of the listener that a connection came in by. */
export interface Offer {
  readonly host: string;
  readonly port: number;
  readonly tlsRequired: boolean;
  readonly tlsAvailable: boolean;
  readonly tlsVerify: boolean;
}
