import type { Connection } from '../connection/connection.js';

/** A message as the broker's own services see it. The payload is only theirs until they return. */
export interface InternalMessage {
  /** Who published it; null when the broker did. */
  publisher: Connection | null;
  subject: string;
  /** Empty when there is none. */
  reply: string;
  /** Null when there is none; only theirs until they return. What crossed an import has the broker's word there on who asks. */
  header: Buffer | null;
  payload: Buffer;
}
