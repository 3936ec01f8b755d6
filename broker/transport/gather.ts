import type { Socket } from 'node:net';

/** `undefined` asks for more bytes. */
export type Decide<T> = (bytes: Buffer) => T | undefined;

/**
 * Collects the first bytes of a socket until they say enough. What `taken` counts of them is used up; the rest is put back for whoever
 * reads next. Null after `timeoutMs`, or when the peer is gone. `decide` must come to an end within a bounded number of bytes.
 */
export function gather<T extends { taken: number }>(
  socket: Socket,
  timeoutMs: number,
  decide: Decide<T>,
): Promise<T | null> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = (result: T | null): void => {
      clearTimeout(timer);
      socket.off('data', take).off('end', gone).off('close', gone);
      socket.pause();
      const rest = bytes.subarray(result?.taken ?? 0);
      if (rest.length > 0 && !socket.readableEnded && !socket.destroyed) socket.unshift(rest);
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const result = decide(bytes);
      if (result !== undefined) finish(result);
    };
    const gone = (): void => finish(null);
    const timer = setTimeout(gone, timeoutMs);
    socket.on('data', take).once('end', gone).once('close', gone);
    socket.resume();
  });
}
