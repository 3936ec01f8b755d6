import type { Connection } from '../connection/connection.js';
import type { AuthSettings, Entrance } from './settings.js';

/** What the listener by which a connection came asks for. */
export function entranceOf({ type }: Connection, auth: AuthSettings): Entrance {
  return type === 'WEBSOCKET' ? auth.websocket : auth.standard;
}
