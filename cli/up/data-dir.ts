import path from 'node:path';

/** Where the service keeps its data by default: `$XDG_DATA_HOME/natsctl`, as the store is in `$XDG_DATA_HOME/nats`. */
export function defaultDataDir(env: NodeJS.ProcessEnv, home: string): string {
  return path.join(env.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'natsctl');
}
