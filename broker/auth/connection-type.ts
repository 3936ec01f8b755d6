import type { ConnectionType } from '../../claims/types.js';
import type { Connection } from '../connection/connection.js';

/** What `allowed_connection_types` calls the way by which a client came. */
export function connectionType(_connection: Connection): ConnectionType {
  return 'STANDARD';
}
