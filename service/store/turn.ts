import { setImmediate } from 'node:timers/promises';

/**
 * libSQL works in the caller's turn of the event loop, so one query after the other can go by before the next socket is looked at. Whoever
 * asks many awaits this between them: everything that has come in is in its queue then, and readers have been answered.
 */
export const turn = (): Promise<void> => setImmediate();
