import { isNatsctlError, NatsctlError } from '../../claims/errors.js';

/** Names the flag in the hint of a port that is in use: only the command knows how its port is called. */
export async function namingPortFlag<T>(flag: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_PORT_IN_USE')) throw error;
    throw new NatsctlError(error.code, error.message, {
      hint: `stop that program, or choose another port with --${flag} (-1 = any free one)`,
      details: error.details,
      cause: error,
    });
  }
}
